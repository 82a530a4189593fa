import { quoteIdentifier, quoteLiteral, quoteRelation } from '../sql.ts';
import type { ColumnShape, RelationShape } from './describe-relation.ts';

/**
 * The names and SQL fragments of one relation on one node. Key columns are called k1, k2, ... and the others
 * c1, c2, ... in Capra's own tables, so that no user's name can be too long or collide.
 */
export interface RelationNames {
  table: string;
  delta: string;
  version: string;
  /** Per session: the target's staging table. */
  stage: string;
  /** `k1, k2` */
  keys: string;
  /** `a.k1 = b.k1 AND a.k2 = b.k2` */
  sameKey(a: string, b: string): string;
  /** Join of a Capra table with the user's: `t."id" = v.k1 AND ...` */
  keyIs(userAlias: string, ownAlias: string): string;
}

export function relationNames(shape: RelationShape, id: number): RelationNames {
  const indexes = shape.key.map((_, index) => index + 1);
  return {
    table: quoteRelation(shape.name),
    delta: `capra.delta_${id}`,
    version: `capra.version_${id}`,
    stage: `pg_temp.capra_stage_${id}`,
    keys: indexes.map((index) => `k${index}`).join(', '),
    sameKey: (a, b) => indexes.map((index) => `${a}.k${index} = ${b}.k${index}`).join(' AND '),
    keyIs: (userAlias, ownAlias) =>
      shape.key
        .map((column, index) => `${userAlias}.${quoteIdentifier(column.name)} = ${ownAlias}.k${index + 1}`)
        .join(' AND '),
  };
}

export function columnDefinitions(columns: ColumnShape[], prefix: 'k' | 'c', notNull: boolean): string[] {
  return columns.map(
    (column, index) => `${prefix}${index + 1} ${column.type}${column.collate}${notNull ? ' NOT NULL' : ''}`,
  );
}

/** The delta table has no index: capture only appends, and a fold takes all of it. */
export function relationTablesSql(shape: RelationShape, id: number): string {
  const names = relationNames(shape, id);
  const keys = columnDefinitions(shape.key, 'k', true).join(', ');
  return `
CREATE TABLE IF NOT EXISTS ${names.delta} (${keys}, at timestamptz NOT NULL);
CREATE TABLE IF NOT EXISTS ${names.version} (
  ${keys}, origin integer NOT NULL, counter bigint NOT NULL, stamp timestamptz NOT NULL, gone boolean NOT NULL,
  PRIMARY KEY (${names.keys})
);
CREATE INDEX IF NOT EXISTS version_${id}_dot ON ${names.version} (origin, counter);
`;
}

/**
 * The capture function. The insert comes before the look at \`idle\`: whoever sees "busy" then holds a lock on the
 * delta table that the engine sees before it goes to sleep. Only read committed looks with a fresh snapshot, so
 * the other levels always notify.
 * @param engineRole the role whose sessions may silence capture.
 */
export function captureFunctionSql(shape: RelationShape, id: number, engineRole: string): string {
  const names = relationNames(shape, id);
  const columns = (alias: string) =>
    shape.key.map((column) => `${alias}.${quoteIdentifier(column.name)}`).join(', ');
  const sameRow = shape.key
    .map((column) => `n.${quoteIdentifier(column.name)} = o.${quoteIdentifier(column.name)}`)
    .join(' AND ');
  const append = (from: string) => `INSERT INTO ${names.delta} (${names.keys}, at) SELECT ${from};`;
  const body = `
DECLARE
  stamp timestamptz;
BEGIN
  IF session_user = ${quoteLiteral(engineRole)} AND current_setting('capra.applying', true) = 'on' THEN
    RETURN NULL;
  END IF;
  SELECT greatest(clock_timestamp() + node.clock_skew, node.floor + interval '1 microsecond')
    INTO STRICT stamp FROM capra.node;
  IF TG_OP = 'INSERT' THEN
    ${append(`${columns('n')}, stamp FROM new_rows n`)}
  ELSIF TG_OP = 'DELETE' THEN
    ${append(`${columns('o')}, stamp FROM old_rows o`)}
  ELSIF TG_OP = 'UPDATE' THEN
    ${append(`${columns('n')}, stamp FROM new_rows n`)}
    IF NOT FOUND THEN
      RETURN NULL;
    END IF;
    -- A changed key is captured under its old name, too.
    ${append(`${columns('o')}, stamp FROM old_rows o WHERE NOT EXISTS (SELECT FROM new_rows n WHERE ${sameRow})`)}
    PERFORM 1;
  ELSE
    ${append(`${columns('t')}, stamp FROM ${names.table} t`)}
  END IF;
  IF FOUND AND (
    current_setting('transaction_isolation') <> 'read committed'
    OR EXISTS (SELECT FROM capra.engine_state e WHERE e.idle)
  ) THEN
    PERFORM pg_notify('capra_kick', '');
  END IF;
  RETURN NULL;
END`;
  return `
CREATE OR REPLACE FUNCTION capra.capture_${id}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS ${dollarQuote(body)};
REVOKE ALL ON FUNCTION capra.capture_${id}() FROM PUBLIC;
`;
}

/** Statement triggers with transition tables, one an operation; TRUNCATE captures while the rows are still there. */
export function captureTriggersSql(shape: RelationShape, id: number): string {
  const table = quoteRelation(shape.name);
  const call = `FOR EACH STATEMENT EXECUTE FUNCTION capra.capture_${id}()`;
  return `
CREATE TRIGGER capra_insert AFTER INSERT ON ${table} REFERENCING NEW TABLE AS new_rows ${call};
CREATE TRIGGER capra_update AFTER UPDATE ON ${table} REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows ${call};
CREATE TRIGGER capra_delete AFTER DELETE ON ${table} REFERENCING OLD TABLE AS old_rows ${call};
CREATE TRIGGER capra_truncate BEFORE TRUNCATE ON ${table} ${call};
`;
}

/** Rows that were there before capture count as written at the moment of installation. */
export function captureExistingSql(shape: RelationShape, id: number): string {
  const names = relationNames(shape, id);
  const columns = shape.key.map((column) => quoteIdentifier(column.name)).join(', ');
  return `INSERT INTO ${names.delta} (${names.keys}, at) SELECT ${columns}, clock_timestamp() FROM ${names.table};`;
}

function dollarQuote(body: string): string {
  let tag = '$capra$';
  for (let n = 1; body.includes(tag); n++) tag = `$capra${n}$`;
  return `${tag}${body}${tag}`;
}
