import type { RelationName } from '../../src/engine/types.ts';
import type { Snippet } from '../protocol.ts';

/** A story to play with: tables, first rows, a goal, and SQL to try. Plain strings, so that browsers can import it. */
export interface Scenario {
  name: string;
  title: string;
  /** One sentence: what a person should try first. */
  goal: string;
  snippets: Snippet[];
  /** The replicated tables. `schemaSql` makes them. */
  relations: RelationName[];
  /** Run on every node by the role `speaker`. The engine replicates rows, not definitions. */
  schemaSql: string;
  /** Run on the first node only, before the engine starts: that the rows show up elsewhere is the engine's work. */
  dataSql: string;
}
