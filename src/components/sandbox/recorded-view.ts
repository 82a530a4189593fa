import type { LinkStatus } from '../../engine/types.ts';
import type { RecordedTrace } from '../site/recorded-trace.ts';
import { buildScene, isCut, type Scene } from '../site/trace-scene.ts';
import type { NodeView } from './node-words.ts';
import type { Journey } from './travel.ts';

/** A recording as the diagram draws it: the same parts as a live cluster. */
export interface RecordedView {
  scene: Scene;
  nodes: NodeView[];
  linksAt(atMs: number): LinkStatus[];
  /** Departures, oldest first. */
  departures: { atMs: number; journey: Journey }[];
}

/** Turns a trace into nodes, links and journeys at the pace of eyes. */
export function recordedView(trace: RecordedTrace): RecordedView {
  const scene = buildScene(trace);
  return {
    scene,
    nodes: trace.nodes.map((name) => ({ name, status: 'running', waiting: 0, version: '', error: null })),
    linksAt: (atMs) =>
      trace.links.map(([a, b]) => ({ a, b, up: !isCut(scene, a, b, atMs), busyFrom: null, error: null })),
    departures: scene.journeys.map((one, index) => ({
      atMs: one.departMs,
      journey: {
        id: `recorded-${index}`,
        from: one.from,
        to: one.to,
        label: one.label,
        rows: one.rows,
        conflict: one.conflict,
        delayMs: 0,
        screenMs: Math.max(200, one.landMs - one.departMs),
        tookMs: one.tookMs,
        slowdown: scene.slowdown,
        state: 'landed',
      },
    })),
  };
}
