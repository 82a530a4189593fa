/** The end of the sandbox, from whatever moment it comes. */
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** After this we leave; the guard process then does what is left. */
const MS_MAX = 25_000;
/** npm, the launcher and the terminal may each pass on one and the same Ctrl-C. */
const SAME_SIGNAL_MS = 1_000;

export interface Shutdown {
  /** Aborts everything that can be aborted. */
  readonly signal: AbortSignal;
  /** Adds a step; the last one added runs first. */
  onEnd(step: () => Promise<unknown>): void;
  /** Runs the steps and ends the process. Never returns. */
  end(code: number): Promise<never>;
}

/** Call it first of all: from here on no signal leaves anything behind. */
export function prepareShutdown(say: (line: string) => void): Shutdown {
  const abort = new AbortController();
  const steps: (() => Promise<unknown>)[] = [];
  let ending: Promise<never> | null = null;
  let began = 0;

  const run = async (code: number): Promise<never> => {
    began = Date.now();
    abort.abort(new Error('stopped'));
    const all = (async () => {
      for (let step = steps.pop(); step; step = steps.pop()) await step().catch(() => {});
    })();
    await Promise.race([all, delay(MS_MAX)]);
    process.exit(code);
  };
  const end = (code: number): Promise<never> => {
    ending ??= run(code);
    return ending;
  };

  for (const name of signals) {
    process.on(name, () => {
      const code = 128 + constants.signals[name];
      if (ending && Date.now() - began > SAME_SIGNAL_MS) process.exit(code);
      if (!ending) say('stopping');
      void end(code);
    });
  }
  // The launcher was killed without a chance to tell us.
  const parent = process.ppid;
  setInterval(() => {
    if (process.env.CAPRA_LAUNCHED && process.ppid !== parent) void end(128 + constants.signals.SIGHUP);
  }, 1_000).unref();
  // Whoever read our output has gone; that is their right.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
  return { signal: abort.signal, onEnd: (step) => void steps.push(step), end };
}
