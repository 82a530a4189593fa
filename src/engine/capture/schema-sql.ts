/** The part of the `capra` schema that every node has once, whatever it replicates. */

/** Raised when the tables below change in a way that an older engine would not understand. */
export const LAYOUT = 1;

export const schemaSql = `
CREATE SCHEMA IF NOT EXISTS capra;

CREATE TABLE IF NOT EXISTS capra.node (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  layout integer NOT NULL,
  sync text NOT NULL,
  id integer NOT NULL,
  name text NOT NULL,
  -- Which database this is: a copy or a restored backup has the same rows but must not go on counting.
  incarnation uuid NOT NULL DEFAULT gen_random_uuid(),
  system_identifier text NOT NULL,
  -- The highest stamp that this node has integrated; capture stamps later than that (hybrid logical clock).
  floor timestamptz NOT NULL DEFAULT '-infinity',
  -- Added to the clock at capture. Zero, but in tests and in demonstrations of wrong clocks.
  clock_skew interval NOT NULL DEFAULT '0'
);

CREATE TABLE IF NOT EXISTS capra.member (
  id integer PRIMARY KEY,
  name text NOT NULL UNIQUE
);

-- Counters of folds. A sequence, because what an aborted fold has taken must never be given again.
CREATE SEQUENCE IF NOT EXISTS capra.counter;

-- Only while this is idle do writers send NOTIFY; apart from capra.node, because rounds write that one.
CREATE TABLE IF NOT EXISTS capra.engine_state (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  idle boolean NOT NULL
);
INSERT INTO capra.engine_state (idle) VALUES (true) ON CONFLICT DO NOTHING;

CREATE TABLE IF NOT EXISTS capra.relation (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  schema_name text NOT NULL,
  table_name text NOT NULL,
  -- Names and types of the key columns, as they were when the delta and version tables were made.
  key_definition text NOT NULL,
  UNIQUE (schema_name, table_name)
);

CREATE TABLE IF NOT EXISTS capra.knowledge (
  relation integer NOT NULL REFERENCES capra.relation ON DELETE CASCADE,
  node integer NOT NULL,
  origin integer NOT NULL,
  counter bigint NOT NULL,
  PRIMARY KEY (relation, node, origin)
);

CREATE TABLE IF NOT EXISTS capra.conflict (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  schema_name text NOT NULL,
  table_name text NOT NULL,
  key jsonb NOT NULL,
  rule text NOT NULL,
  winner_origin integer NOT NULL,
  winner_counter bigint NOT NULL,
  winner_stamp timestamptz NOT NULL,
  winner_row jsonb,
  loser_origin integer NOT NULL,
  loser_counter bigint NOT NULL,
  loser_stamp timestamptz NOT NULL,
  loser_row jsonb
);
CREATE INDEX IF NOT EXISTS conflict_loser ON capra.conflict (loser_stamp, loser_origin);
`;
