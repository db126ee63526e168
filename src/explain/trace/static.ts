/** A trace over manifests alone. */
import { hasErrors } from '../../manifest/diagnostic.ts'
import { locate, type Manifest } from '../../manifest/manifest.ts'
import { DEFAULT_CONFIG } from '../check/config.ts'
import { createContext } from '../check/context.ts'
import { parseFrom, parseTo } from './places.ts'
import type { Trace } from './report.ts'
import { tracePacket, type TraceRequest } from './trace.ts'
import type { World } from './world.ts'

export interface TraceOptions {
  /** Of objects and names that state none; `default` where absent. */
  readonly namespace?: string
  /** `cluster.local` where absent. */
  readonly clusterDomain?: string
}

/** FROM and TO as read, or one sentence that says what is wrong with them. */
export function parseRequest(from: string, to: string): TraceRequest | string {
  const start = parseFrom(from)
  const end = parseTo(to)
  if (typeof start === 'string') return start
  return typeof end === 'string' ? end : { from: start, to: end, text: { from, to } }
}

/** Speaks about the manifests: `ok` is what they support, `unknown` is what they do not say. */
export function traceManifest(manifest: Manifest, request: TraceRequest, options: TraceOptions = {}): Trace {
  return tracePacket(manifestWorld(manifest, options), request)
}

export function manifestWorld(manifest: Manifest, options: TraceOptions = {}): World {
  const { namespace = DEFAULT_CONFIG.namespace, clusterDomain = DEFAULT_CONFIG.clusterDomain } = options
  const unread = hasErrors(manifest.diagnostics)
  return {
    mode: 'static',
    context: createContext(manifest.objects, { ...DEFAULT_CONFIG, namespace, clusterDomain }, unread),
    namespace,
    clusterDomain,
    unread,
    locate,
  }
}
