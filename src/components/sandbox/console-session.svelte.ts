import { SCRIPT_CHARACTERS_MAX, type StatementResult } from '../../../sandbox/protocol.ts';
import type { ClusterStore } from './cluster-store.svelte.ts';
import { ScriptHistory } from './script-history.ts';
import { errorWords } from './words.ts';

/** What one console holds, apart from how it looks: it survives a change of tabs or of the editor. */
export class ConsoleSession {
  readonly node: string;
  text = $state('');
  results: StatementResult[] = $state.raw([]);
  running = $state(false);
  /** What was run last; the places of errors count in it. */
  ranText = $state('');
  /** Grows with each run, so that equal results are still new ones. */
  runs = $state(0);
  /** The run itself failed (not a statement): the node or the connection is away. */
  problem: string | null = $state(null);
  #cluster: ClusterStore;
  #history = new ScriptHistory();

  constructor(cluster: ClusterStore, node: string, text = '') {
    this.#cluster = cluster;
    this.node = node;
    this.text = text;
  }

  /** Runs what is written. Statements run in order; the first error ends the script. */
  async run(): Promise<void> {
    const script = this.text;
    if (this.running || script.trim() === '') return;
    if (script.length > SCRIPT_CHARACTERS_MAX) {
      this.problem = `This script has ${script.length} characters; the console takes ${SCRIPT_CHARACTERS_MAX}. Send it with psql instead.`;
      return;
    }
    this.running = true;
    this.problem = null;
    this.#history.add(script);
    try {
      this.results = await this.#cluster.execute(this.node, script);
      this.ranText = script;
    } catch (error) {
      this.results = [];
      this.problem = errorWords(error);
    } finally {
      this.running = false;
      this.runs += 1;
    }
  }

  /** Walks through the history: changes `text`, or leaves it at either end. */
  step(direction: 'older' | 'newer'): void {
    const text = this.#history.step(direction, this.text);
    if (text !== null) this.text = text;
  }

  completions(): Promise<Record<string, string[]>> {
    return this.#cluster.completions(this.node);
  }
}
