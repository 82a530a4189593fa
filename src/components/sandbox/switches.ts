import type { NodeState } from '../../../sandbox/protocol.ts';
import type { LinkStatus } from '../../engine/types.ts';
import type { ClusterStore } from './cluster-store.svelte.ts';
import { linkAction, nodeAction } from './node-words.ts';

/** Cuts a link that is up, heals one that is cut. */
export function switchLink(cluster: ClusterStore, link: LinkStatus): Promise<void> {
  return cluster.act(linkAction(link), (api) =>
    link.up ? api.cutLink(link.a, link.b) : api.healLink(link.a, link.b),
  );
}

/** Stops a running node, starts one that is stopped or lost. */
export async function switchNode(
  cluster: ClusterStore,
  node: Pick<NodeState, 'name' | 'status'>,
): Promise<void> {
  const words = nodeAction(node);
  if (words === null) return;
  await cluster.act(words, (api) =>
    node.status === 'running' ? api.stopNode(node.name) : api.startNode(node.name),
  );
}

export const PAUSE_WORDS = 'Pause the engine';
export const RESUME_WORDS = 'Resume the engine';
export const KICK_WORDS = 'Kick';
export const RESET_WORDS = 'Reset the cluster';

export function switchEngine(cluster: ClusterStore): Promise<void> {
  return cluster.state?.engine === 'paused'
    ? cluster.act(RESUME_WORDS, (api) => api.resume())
    : cluster.act(PAUSE_WORDS, (api) => api.pause());
}

export function kick(cluster: ClusterStore): Promise<void> {
  return cluster.act(KICK_WORDS, (api) => api.kick());
}

export function reset(cluster: ClusterStore): Promise<void> {
  return cluster.act(RESET_WORDS, (api) => api.reset());
}
