import { SCHEMA_VERSION } from "./fleet-store.ts";

/** Everything of a fleet lies in a schema of its own. */
export const SCHEMA = "hotswap_fleet";

/**
 * Tables, and functions that make each operation one round trip. A write with expectations takes the fleet's lock first; what
 * it reads after that is what others have committed, since every statement of a function sees what was there when it began
 * (READ COMMITTED, which connections ask for).
 */
export const createSchema = `
CREATE SCHEMA IF NOT EXISTS ${SCHEMA};
CREATE TABLE IF NOT EXISTS ${SCHEMA}.meta (version integer NOT NULL);
CREATE TABLE IF NOT EXISTS ${SCHEMA}.docs (
  fleet text, collection text, key text COLLATE "C", version bigint NOT NULL, text text NOT NULL,
  PRIMARY KEY (fleet, collection, key));
CREATE TABLE IF NOT EXISTS ${SCHEMA}.members (
  fleet text, id text COLLATE "C", incarnation text NOT NULL, expires bigint NOT NULL, text text NOT NULL,
  PRIMARY KEY (fleet, id));
CREATE TABLE IF NOT EXISTS ${SCHEMA}.artifacts (
  fleet text, hash text, bytes bytea NOT NULL, PRIMARY KEY (fleet, hash));
ALTER TABLE ${SCHEMA}.artifacts ALTER COLUMN bytes SET STORAGE EXTERNAL;

CREATE OR REPLACE FUNCTION ${SCHEMA}.now() RETURNS bigint LANGUAGE sql VOLATILE AS
  $$ SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint $$;

CREATE OR REPLACE FUNCTION ${SCHEMA}.write(of_fleet text, change json, channel text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  -- What was decided is on disk before anybody hears of it, whatever the database does for others.
  IF current_setting('synchronous_commit') = 'off' THEN PERFORM set_config('synchronous_commit', 'on', true); END IF;
  IF change->'expect' IS NOT NULL OR change->'needs' IS NOT NULL OR change->'drop' IS NOT NULL THEN
    PERFORM pg_advisory_xact_lock(hashtext('${SCHEMA}'), hashtext(of_fleet));
  END IF;
  IF EXISTS (
    SELECT 1 FROM json_to_recordset(change->'expect') AS e (collection text, key text, version bigint)
    LEFT JOIN ${SCHEMA}.docs d ON d.fleet = of_fleet AND d.collection = e.collection AND d.key = e.key
    WHERE coalesce(d.version, 0) <> e.version
  ) OR EXISTS (
    SELECT 1 FROM json_array_elements_text(change->'needs') AS n (hash)
    WHERE NOT EXISTS (SELECT 1 FROM ${SCHEMA}.artifacts a WHERE a.fleet = of_fleet AND a.hash = n.hash)
  ) THEN RETURN false; END IF;
  INSERT INTO ${SCHEMA}.docs AS d SELECT of_fleet, collection, key, 1, text
    FROM json_to_recordset(change->'put') AS p (collection text, key text, text text)
    ON CONFLICT (fleet, collection, key) DO UPDATE SET version = d.version + 1, text = excluded.text;
  DELETE FROM ${SCHEMA}.docs d USING json_to_recordset(change->'remove') AS r (collection text, key text)
    WHERE d.fleet = of_fleet AND d.collection = r.collection AND d.key = r.key;
  DELETE FROM ${SCHEMA}.docs d USING json_array_elements_text(change->'clear') AS c (collection)
    WHERE d.fleet = of_fleet AND d.collection = c.collection;
  DELETE FROM ${SCHEMA}.artifacts a USING json_array_elements_text(change->'drop') AS h (hash)
    WHERE a.fleet = of_fleet AND a.hash = h.hash;
  IF change->>'hint' IS NOT NULL THEN PERFORM pg_notify(channel, change->>'hint'); END IF;
  RETURN true;
END $$;

CREATE OR REPLACE FUNCTION ${SCHEMA}.beat(of_fleet text, of_id text, own text, report text, lease bigint, take boolean, echo text)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE kept boolean;
BEGIN
  IF take THEN
    INSERT INTO ${SCHEMA}.members VALUES (of_fleet, of_id, own, ${SCHEMA}.now() + lease, report)
      ON CONFLICT (fleet, id) DO UPDATE SET incarnation = own, expires = excluded.expires, text = report;
    kept := true;
  ELSE
    UPDATE ${SCHEMA}.members SET expires = ${SCHEMA}.now() + lease, text = report
      WHERE fleet = of_fleet AND id = of_id AND incarnation = own;
    kept := FOUND;
  END IF;
  PERFORM pg_notify(echo, '');
  RETURN kept;
END $$;

INSERT INTO ${SCHEMA}.meta SELECT ${SCHEMA_VERSION} WHERE NOT EXISTS (SELECT 1 FROM ${SCHEMA}.meta);
`;
