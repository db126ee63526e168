/** All that a trace knows of objects: what the checks know, and where each thing stands. */
import type { ManifestObject } from '../../manifest/manifest.ts'
import type { SourceRange } from '../../manifest/source.ts'
import { suggest } from '../../manifest/suggest.ts'
import type { CheckContext } from '../check/context.ts'
import type { Path } from '../check/json.ts'
import type { Service } from '../check/service.ts'
import type { Workload } from '../check/workload.ts'
import type { Evidence, TraceMode } from './report.ts'

export interface World {
  readonly mode: TraceMode
  readonly context: CheckContext
  /** Namespace of names that are given without one. */
  readonly namespace: string
  readonly clusterDomain: string
  /** Whether part of the input could not be read. */
  readonly unread: boolean
  /** Of a client outside, where it was seen. */
  readonly clientAddress?: string
  /** Null where nothing says where the object is written. */
  readonly locate: (object: ManifestObject, path: Path) => SourceRange | null
}

/** What an object's field says, with its place. */
export function seen(world: World, object: ManifestObject, path: Path, text: string): Evidence {
  const location = world.locate(object, path)
  return { source: world.mode === 'static' ? 'manifest' : 'api', text, location }
}

export function findService(world: World, namespace: string, name: string): Service | undefined {
  return world.context.servicesByName.get(name)?.find((service) => service.namespace === namespace)
}

/** Services of that name wherever they are. */
export function servicesNamed(world: World, name: string): readonly Service[] {
  return world.context.servicesByName.get(name) ?? []
}

/** The Service of the namespace whose name is nearest. */
export function nearService(world: World, namespace: string, name: string): string | undefined {
  const names = world.context.services.filter((service) => service.namespace === namespace).map(({ name }) => name)
  return suggest(name, names)
}

export function findWorkload(world: World, kind: string, namespace: string, name: string): Workload | undefined {
  return world.context.workloads.find(
    (workload) => workload.kind === kind && workload.namespace === namespace && workload.name === name,
  )
}

/** Whether what is not among the objects does not exist: an API server was asked for all of them. */
export function isWhole({ mode, unread }: World): boolean {
  return mode !== 'static' && !unread
}

/** `Service shop/web`. */
export function title(object: { readonly kind: string; readonly namespace: string; readonly name: string }): string {
  return `${object.kind} ${object.namespace === '' ? '' : `${object.namespace}/`}${object.name}`
}

/** What stands behind a sentence about something that was not given. */
export function notGiven(world: World): string {
  if (world.mode === 'cluster') return 'the API server does not show everything'
  return world.unread ? 'part of the input could not be read' : 'it is not among what was given'
}
