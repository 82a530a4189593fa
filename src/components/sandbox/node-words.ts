import type { NodeState } from '../../../sandbox/protocol.ts';
import type { LinkStatus } from '../../engine/types.ts';
import { count, listWords } from './words.ts';

/** What the diagram, the console and the table say of a node. */
export type NodeView = Pick<NodeState, 'name' | 'status' | 'waiting' | 'version' | 'error'>;

export type LinkLook = 'up' | 'busy' | 'cut' | 'error' | 'away';

/** `running, 2 changes waiting`. */
export function nodeWords(node: NodeView): string {
  const waiting = node.waiting > 0 ? `, ${count(node.waiting, 'change')} waiting` : '';
  return `${STATUS_WORDS[node.status]}${waiting}`;
}

export const STATUS_WORDS: Record<NodeState['status'], string> = {
  starting: 'starting',
  running: 'running',
  stopped: 'stopped',
  lost: 'does not answer',
};

/** How a link is drawn. A link to a node that does not run carries nothing, whatever its own state. */
export function linkLook(link: LinkStatus, nodes: readonly NodeView[]): LinkLook {
  if (!link.up) return 'cut';
  const away = nodes.some(
    (node) => (node.name === link.a || node.name === link.b) && node.status !== 'running',
  );
  if (away) return 'away';
  if (link.busyFrom !== null) return 'busy';
  return link.error === null ? 'up' : 'error';
}

/** `up, a round from a is under way`. */
export function linkWords(link: LinkStatus, look: LinkLook): string {
  switch (look) {
    case 'cut':
      return 'cut: changes wait or travel over other links';
    case 'away':
      return 'idle: a node at one end is away';
    case 'busy':
      return `up, a round from ${link.busyFrom} is under way`;
    case 'error':
      return `up, but its last round failed: ${link.error}`;
    case 'up':
      return 'up';
  }
}

/** The one button of a link, in words. */
export function linkAction(link: Pick<LinkStatus, 'a' | 'b' | 'up'>): string {
  return `${link.up ? 'Cut' : 'Heal'} the link ${link.a} to ${link.b}`;
}

/** The one button of a node, in words; null while it is on its way from one state to the other. */
export function nodeAction(node: Pick<NodeState, 'name' | 'status'>): string | null {
  if (node.status === 'starting') return null;
  return node.status === 'running' ? `Stop node ${node.name}` : `Start node ${node.name}`;
}

/** What goes on before the first answer: `a runs; b and c are starting.` */
export function progressWords(nodes: readonly Pick<NodeState, 'name' | 'status'>[]): string {
  const names = (running: boolean) =>
    nodes.filter((node) => (node.status === 'running') === running).map((node) => node.name);
  const [up, down] = [names(true), names(false)];
  if (down.length === 0) return 'All nodes run. The engine is starting.';
  const starting = `${listWords(down)} ${down.length === 1 ? 'is' : 'are'} starting.`;
  return up.length === 0
    ? `Nodes ${starting}`
    : `${listWords(up)} ${up.length === 1 ? 'runs' : 'run'}; ${starting}`;
}
