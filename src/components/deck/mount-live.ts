import { mount, unmount } from 'svelte';
import LiveStage from './live-stage.svelte';

/** Puts a live cluster into an element; returns the function that closes its connection and takes it out again. */
export function mountLive(target: HTMLElement, props: { nodes: string[] }): () => void {
  const stage = mount(LiveStage, { target, props });
  return () => void unmount(stage);
}
