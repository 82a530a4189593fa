/** Takes the steps of a generated schedule on real nodes with the real round, without the engine's scheduler. */
import { type NodeSession, openNodeSession } from '../../src/engine/daemon/node-session.ts';
import { runRound } from '../../src/engine/round/round.ts';
import type { StepEvent } from '../../src/engine/round/round-context.ts';
import type { SyncDefinition } from '../../src/engine/types.ts';
import type { Write } from '../model/capture.ts';
import type { CrashPoint } from '../model/model.ts';
import type { TestNodes } from './harness.ts';
import { Killed, type Watch, watched } from './schedule-session.ts';

const table = 'create table thing (id text primary key, value text)';

/** What the conflict log says, without counters and times: those differ from the model's. */
export interface LoggedConflict {
  key: string;
  winner: number;
  winnerRow: string | null;
  loser: number;
  loserRow: string | null;
}

/** One table on every node, nothing else running. */
export class ScheduleNodes {
  private readonly nodes: TestNodes;
  private sync: SyncDefinition;
  private sessions: NodeSession[] = [];
  /** What the round under way does before each call on a connection, by node. */
  private watches = new Map<number, Watch>();

  constructor(nodes: TestNodes) {
    this.nodes = nodes;
    this.sync = { name: 'schedule', nodes: [], relations: [{ schema: 'public', table: 'thing' }] };
  }

  /** Begins anew with empty tables on the first `count` nodes. */
  async reset(count: number): Promise<void> {
    await this.close();
    const definitions = this.nodes.definitions.slice(0, count);
    this.sync = { ...this.sync, nodes: definitions };
    for (const { name } of definitions) {
      await this.nodes.sql[name]!.script(
        `drop schema if exists capra cascade; drop table if exists thing; ${table}`,
      );
    }
    this.sessions = await Promise.all(definitions.map((_, index) => this.open(index + 1)));
  }

  async close(): Promise<void> {
    await Promise.all(this.sessions.splice(0).map((session) => session.close()));
  }

  private async open(id: number): Promise<NodeSession> {
    const definition = this.sync.nodes[id - 1]!;
    const before: Watch['before'] = async (call) => this.watches.get(id)?.before(call);
    const connect = async () => watched(await definition.connect(), { before });
    const request = { definition: { ...definition, connect }, sync: this.sync, reference: null };
    return openNodeSession({ ...request, onKick: () => {}, onLost: () => {} });
  }

  private sql(id: number) {
    return this.nodes.sql[this.sync.nodes[id - 1]!.name]!;
  }

  async skew(id: number, hours: number): Promise<void> {
    await this.sql(id).query('update capra.node set clock_skew = make_interval(hours => $1::int)', [hours]);
  }

  /** @param locked a round reads the table: TRUNCATE would wait for it, a DELETE of all rows is captured in the same way. */
  async write(id: number, change: Write, locked = false): Promise<void> {
    const sql = this.sql(id);
    await nextMillisecond();
    switch (change.type) {
      case 'put':
        await this.put(id, change.key, change.value);
        return;
      case 'delete':
        await sql.query('delete from thing where id = $1::text', [change.key]);
        return;
      case 'rekey':
        await sql.query(
          'update thing set id = $2::text where id = $1::text and not exists (select from thing where id = $2::text)',
          [change.key, change.to],
        );
        return;
      case 'truncate':
        await sql.script(locked ? 'delete from thing' : 'truncate thing');
    }
  }

  /** Both ways in which a row comes into a table: upsert for one value, update or insert for the others. */
  private async put(id: number, key: string, value: string): Promise<void> {
    const sql = this.sql(id);
    if (value === 'z') {
      await sql.query(
        'insert into thing values ($1::text, $2::text) on conflict (id) do update set value = excluded.value',
        [key, value],
      );
      return;
    }
    const found = await sql.query('update thing set value = $2::text where id = $1::text returning id', [
      key,
      value,
    ]);
    if (found.length === 0) await sql.query('insert into thing values ($1::text, $2::text)', [key, value]);
  }

  /** Runs one round, kills both sessions at the crash point, opens new ones. */
  async round(
    sourceId: number,
    targetId: number,
    crash: CrashPoint | null,
    meanwhile: Write[],
  ): Promise<void> {
    const [source, target] = [this.sessions[sourceId - 1]!.node, this.sessions[targetId - 1]!.node];
    let dying = false;
    let sourceHasWritten = false;
    const emit = (event: StepEvent) => {
      dying ||= crash !== null && crash === `after ${event.type}`;
    };
    const die = () => {
      dying = true;
      throw new Killed(`killed ${crash}`);
    };
    this.watches.set(sourceId, {
      async before(call) {
        if (dying) die();
        if (crash === 'between the commits' && (call === 'commit' || call === 'rollback')) die();
      },
    });
    this.watches.set(targetId, {
      before: async (call) => {
        if (dying) die();
        // The source's snapshot is taken and folded by now, and not committed.
        if (call === 'begin' && !sourceHasWritten) {
          sourceHasWritten = true;
          for (const change of meanwhile) await this.write(sourceId, change, true);
        }
        const ends = call === 'commit' || call === 'rollback';
        if (ends && crash !== null && crash !== 'between the commits') die();
      },
    });
    try {
      await runRound({
        source,
        target,
        members: this.sync.nodes.map(({ id }) => id),
        emit,
        signal: new AbortController().signal,
        nodeName: (id) => this.sync.nodes[id - 1]!.name,
      });
      if (crash && !dying) throw new Error(`the round should have died ${crash}`);
    } catch (error) {
      if (!crash || !(dying && error instanceof Killed)) throw error;
    } finally {
      this.watches.clear();
    }
    if (!crash) return;
    // It died before the users came: to the nodes it is all the same.
    if (!sourceHasWritten) for (const change of meanwhile) await this.write(sourceId, change);
    for (const id of [sourceId, targetId]) {
      await this.sessions[id - 1]!.close();
      this.sessions[id - 1] = await this.reopen(id);
    }
  }

  /** The server lets go of a dead session's lock in its own time. */
  private async reopen(id: number): Promise<NodeSession> {
    const deadline = performance.now() + 10_000;
    for (;;) {
      try {
        return await this.open(id);
      } catch (error) {
        if ((error as { code?: string }).code !== 'node-locked' || performance.now() > deadline) throw error;
      }
    }
  }

  async rows(id: number): Promise<[string, string][]> {
    const found = await this.sql(id).query<{ id: string; value: string }>(
      'select id, value from thing order by id collate "C"',
    );
    return found.map(({ id: key, value }) => [key, value]);
  }

  async conflicts(id: number): Promise<LoggedConflict[]> {
    const found = await this.sql(id).query<Record<string, string | null>>(
      `select key->>'id' as key, winner_origin, winner_row->>'value' as winner_row, loser_origin, loser_row->>'value' as loser_row
       from capra.conflict order by id`,
    );
    return found.map((row) => ({
      key: row.key!,
      winner: Number(row.winner_origin),
      winnerRow: row.winner_row!,
      loser: Number(row.loser_origin),
      loserRow: row.loser_row!,
    }));
  }

  /** What waits on a node: deltas and versions. */
  async waiting(id: number): Promise<{ deltas: number; versions: number }> {
    const { names } = this.sessions[id - 1]!.node.relations[0]!;
    const [row] = await this.sql(id).query<{ deltas: string; versions: string }>(
      `select (select count(*) from ${names.delta}) as deltas, (select count(*) from ${names.version}) as versions`,
    );
    return { deltas: Number(row!.deltas), versions: Number(row!.versions) };
  }
}

/**
 * In the model no two writes happen at once. PGlite's clock counts milliseconds, so without this two writes on two
 * nodes could have one stamp, and the origin would decide.
 */
async function nextMillisecond(): Promise<void> {
  const before = Date.now();
  while (Date.now() === before) await new Promise((resolve) => setImmediate(resolve));
}
