import type { RelationShape } from '../capture/describe-relation.ts';
import type { RelationNames } from '../capture/relation-sql.ts';
import type { Matrix } from '../knowledge.ts';
import type { Connection } from '../ports/connection.ts';
import type { NodeId } from '../types.ts';

/** A node as a round sees it. The engine lock of the node is held by this connection, and no other round uses it. */
export interface RoundNode {
  id: NodeId;
  name: string;
  connection: Connection;
  /** In the order of the sync's relations, the same on every node. */
  relations: RoundRelation[];
  /** May this role set `session_replication_role`? Else only the engine's own triggers are silenced. */
  replicaRole: boolean;
  /** Three times `wal_writer_delay`, or 0 where no WAL writer runs (PGlite). */
  flushWaitMsMax: number;
}

export interface RoundRelation {
  /** Number of the relation on this node. */
  id: number;
  shape: RelationShape;
  names: RelationNames;
  /** See `capture/fingerprint.ts`. */
  fingerprint: string | null;
  /** As last read or written on this node. */
  matrix: Matrix;
}
