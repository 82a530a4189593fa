import type { TraceEvent } from '../../engine/trace/events.ts';
import { keyWords } from '../site/trace-sentence.ts';

/** A change (or a set of them) on its way along a link, as the diagram draws it. */
export interface Journey {
  id: string;
  from: string;
  to: string;
  label: string;
  rows: number;
  conflict: boolean;
  /** Milliseconds between now and the departure: a change never leaves a node before it was seen to arrive there. */
  delayMs: number;
  /** How long it moves on the screen. */
  screenMs: number;
  /** What it really took, from the read to the target's commit, or to the failure. */
  tookMs: number;
  /** Milliseconds of screen for one of the cluster. */
  slowdown: number;
  state: 'landed' | 'broken-off';
}

/** The paces at which journeys are shown; a scale that can be said in a word beats an exact fit. */
const SLOWDOWNS = [500, 200, 100, 50, 20, 10, 5, 2, 1] as const;
const SCREEN_MS_MAX = 1_100;
/** A burst is not queued up for minutes: beyond this, causes and effects may overlap on the screen. */
const DELAY_MS_MAX = 2_500;

/** The slowest pace at which a journey of this length still ends in time, and how long it then takes. */
export function pace(tookMs: number): { slowdown: number; screenMs: number } {
  const real = Math.max(tookMs, 0.1);
  const slowdown = SLOWDOWNS.find((factor) => real * factor <= SCREEN_MS_MAX) ?? 1;
  return { slowdown, screenMs: Math.round(Math.min(Math.max(real * slowdown, 350), 10_000)) };
}

interface OpenRound {
  readAt: number;
  rows: number;
  label: string;
  conflict: boolean;
}

/**
 * Turns the live trace into journeys. Feed it every event once, in order; it answers what to draw.
 *
 * `now` is any clock of the screen in milliseconds; it only orders departures.
 */
export class JourneyPlanner {
  #open = new Map<number, OpenRound>();
  /** When the last change that has really arrived at a node will have arrived on the screen. */
  #landing = new Map<string, number>();

  plan(events: readonly TraceEvent[], now: number): Journey[] {
    return events.flatMap((event) => this.#planOne(event, now) ?? []);
  }

  #planOne(event: TraceEvent, now: number): Journey | null {
    if (!('round' in event)) return null;
    const open = this.#open.get(event.round);
    switch (event.type) {
      case 'read': {
        if (event.rows === 0) return null;
        const rows = (open?.rows ?? 0) + event.rows;
        const only = event.keys[0];
        const label = rows === 1 && only ? keyWords(only) : `${rows.toLocaleString('en-GB')} rows`;
        // The read is reported when its last byte has left; it began that much earlier.
        const readAt = open?.readAt ?? event.at - event.ms;
        this.#open.set(event.round, { readAt, rows, label, conflict: open?.conflict ?? false });
        return null;
      }
      case 'conflict':
        if (open) open.conflict = true;
        return null;
      case 'target-commit': {
        if (!open) return null;
        this.#open.delete(event.round);
        const tookMs = Math.max(0, event.at - open.readAt);
        return this.#depart(event, open, tookMs, now, 'landed');
      }
      case 'round-failed': {
        if (!open) return null;
        this.#open.delete(event.round);
        return this.#depart(event, open, Math.max(0, event.at - open.readAt), now, 'broken-off');
      }
      case 'round-end':
        this.#open.delete(event.round);
        return null;
      default:
        return null;
    }
  }

  #depart(
    event: Extract<TraceEvent, { round: number }>,
    open: OpenRound,
    tookMs: number,
    now: number,
    state: 'landed' | 'broken-off',
  ): Journey {
    const { slowdown, screenMs } = pace(tookMs);
    const departAt = Math.max(now, this.#landing.get(event.source) ?? 0);
    const delayMs = Math.min(departAt - now, DELAY_MS_MAX);
    if (state === 'landed') {
      const landAt = now + delayMs + screenMs;
      this.#landing.set(event.target, Math.max(landAt, this.#landing.get(event.target) ?? 0));
    }
    return {
      id: `${event.round}-${event.seq}`,
      from: event.source,
      to: event.target,
      label: open.label,
      rows: open.rows,
      conflict: open.conflict,
      delayMs,
      screenMs,
      tookMs,
      slowdown,
      state,
    };
  }
}
