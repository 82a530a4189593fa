/**
 * The rules of the algorithm as switches. All are on in the algorithm; the mutation tests switch them off one by one
 * and show that the invariants notice.
 */
export interface Rules {
  /** The target folds its own changes of the incoming keys before it compares. */
  foldTargetFirst: boolean;
  /** After that fold the target looks once more whether it knows an incoming dot: it may be its own. */
  lookAgainAfterFold: boolean;
  /** Only versions that every member knows are dropped, not those that merely both nodes of the round know. */
  purgeOnlyWhatAllKnow: boolean;
  /** Counters survive a rollback. */
  countersFromSequence: boolean;
  /** A capture is stamped later than everything that the node has integrated. */
  floorAtCapture: boolean;
  /** Concurrent versions are ordered by stamp first, not by origin alone. */
  orderByStamp: boolean;
  /** The winner keeps its dot; else the target gives it a new one of its own. */
  winnerKeepsDot: boolean;
  /** The target takes over the source's knowledge, of all origins. */
  mergeKnowledge: boolean;
  /** The target commits before the source does. */
  targetCommitsFirst: boolean;
  /** A version whose row is gone is sent, too. */
  sendTombstones: boolean;
  /** A key change captures the old key as well as the new one. */
  captureOldKey: boolean;
  /** An item that meets a version unknown to the source is a conflict, and is logged. */
  detectConflicts: boolean;
  /** The source's fold and read share one snapshot: writes that come in between are not read. */
  oneSnapshot: boolean;
  /** A conflict that is in the log already is not logged again when a broken round is repeated. */
  logOnce: boolean;
}

export const allRules: Rules = {
  foldTargetFirst: true,
  lookAgainAfterFold: true,
  purgeOnlyWhatAllKnow: true,
  countersFromSequence: true,
  floorAtCapture: true,
  orderByStamp: true,
  winnerKeepsDot: true,
  mergeKnowledge: true,
  targetCommitsFirst: true,
  sendTombstones: true,
  captureOldKey: true,
  detectConflicts: true,
  oneSnapshot: true,
  logOnce: true,
};
