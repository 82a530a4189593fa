/** The roles and the database of every node, whichever provider starts it. */

export const DATABASE = 'goats';

export interface RolePasswords {
  /** Superuser: the engine. */
  postgres: string;
  /** Owns the database: the person on the stage, and `psql`. */
  speaker: string;
  /** May read and write rows: the audience. */
  attendee: string;
}

export type RoleName = keyof RolePasswords;

/** Run in the database `postgres`. Role settings bound what one visitor can use up. */
export const clusterStatements = [
  `create role speaker login`,
  `create role attendee login connection limit 20`,
  `alter role attendee set statement_timeout = '5s'`,
  `alter role attendee set lock_timeout = '2s'`,
  `alter role attendee set idle_in_transaction_session_timeout = '10s'`,
  `alter role attendee set work_mem = '4MB'`,
  `alter role attendee set temp_file_limit = '64MB'`,
  `create database ${DATABASE} owner speaker template template0 encoding 'UTF8'`,
  `revoke all on database ${DATABASE} from public`,
  `grant connect on database ${DATABASE} to attendee`,
  `revoke connect on database postgres from public`,
  `revoke connect on database template1 from public`,
];

/**
 * Run in the database `goats`. Whatever the speaker creates there, attendees may read and write at once. Functions
 * that hold locks of the engine's kind or fill the disk past every table right are kept from them.
 */
export const databaseStatements = [
  `revoke create on schema public from public`,
  `grant usage, create on schema public to speaker`,
  `grant usage on schema public to attendee`,
  `alter default privileges for role speaker grant select, insert, update, delete on tables to attendee`,
  `alter default privileges for role speaker grant usage, select on sequences to attendee`,
  `alter default privileges for role speaker grant usage on schemas to attendee`,
  // One line: the single-user mode of PostgreSQL takes each line as a statement.
  `do $$ declare f regprocedure; begin for f in select oid::regprocedure from pg_proc where pronamespace = 'pg_catalog'::regnamespace and proname ~ '^(pg_(try_)?advisory|lo_|lowrite|lo$)' loop execute format('revoke execute on function %s from public', f); execute format('grant execute on function %s to speaker', f); end loop; end $$`,
];

/** @param passwords letters and digits only, see `makePasswords`. */
export function passwordStatements(passwords: RolePasswords): string[] {
  return Object.entries(passwords).map(([role, password]) => `alter role ${role} password '${password}'`);
}

export function makePasswords(): RolePasswords {
  return { postgres: password(), speaker: password(), attendee: password() };
}

/** 120 bits in letters that need no quoting in SQL, URLs and shells. */
function password(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(24));
  return Array.from(bytes, (byte) => 'abcdefghijkmnpqrstuvwxyz23456789'[byte & 31]).join('');
}
