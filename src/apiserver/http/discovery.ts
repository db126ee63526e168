/** What is served, in the two forms in which clients ask: aggregated, and one document a group. */
import { KINDS, type Kind } from '../../api/kinds.ts'
import { RESOURCE_METRICS } from './resource-metrics.ts'
import { REVIEWS, type UnstoredKind } from './reviews.ts'
import { RESOURCE_NAMES, SERVED_KINDS, type GroupVersion } from './resource-names.ts'

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']
const AGGREGATED = /application\/json;(?=[^,]*as=APIGroupDiscoveryList)[^,]*v=(v2beta1|v2)\b/

/** A subresource's own kind and what can be done with it; `*`: the kind that it belongs to. */
const SUBRESOURCES: Readonly<
  Record<
    string,
    { readonly group?: string; readonly version?: string; readonly kind?: string; readonly verbs: readonly string[] }
  >
> = {
  status: { verbs: ['get', 'patch', 'update'] },
  scale: { group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: ['get', 'patch', 'update'] },
  log: { verbs: ['get'] },
  exec: { kind: 'PodExecOptions', verbs: ['create', 'get'] },
  attach: { kind: 'PodAttachOptions', verbs: ['create', 'get'] },
  portforward: { kind: 'PodPortForwardOptions', verbs: ['create', 'get'] },
  proxy: { kind: '*ProxyOptions', verbs: ['create', 'delete', 'get', 'patch', 'update'] },
  binding: { kind: 'Binding', verbs: ['create'] },
  token: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest', verbs: ['create'] },
  eviction: { group: 'policy', version: 'v1', kind: 'Eviction', verbs: ['create'] },
}

/** Kept beside the store: in memory, and the last ones only. */
const EVENTS: UnstoredKind = {
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  singular: 'event',
  namespaced: true,
  verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
  shortNames: ['ev'],
}

const UNSTORED: readonly UnstoredKind[] = [...REVIEWS, EVENTS, ...RESOURCE_METRICS]

interface ServedGroup {
  readonly group: string
  /** The preferred one first. */
  readonly versions: readonly string[]
}

const SERVED: readonly GroupVersion[] = [...SERVED_KINDS, ...UNSTORED]
const GROUPS: readonly ServedGroup[] = [...new Set(SERVED.map(({ group }) => group))].map((group) => ({
  group,
  versions: [...new Set(SERVED.filter((served) => served.group === group).map(({ version }) => version))],
}))

export interface DiscoveryAnswer {
  readonly contentType: string
  readonly body: unknown
}

/** The document of a path, or undefined where the path is none of discovery's. */
export function discover(pathname: string, accept: string): DiscoveryAnswer | undefined {
  const path = pathname.replace(/\/$/, '')
  const json = (body: unknown): DiscoveryAnswer => ({ contentType: 'application/json', body })
  if (path === '/api' || path === '/apis') {
    const [, version] = AGGREGATED.exec(accept.replaceAll(' ', '')) ?? []
    if (version !== undefined) return aggregated(path === '/api', version)
    return json(
      path === '/api' ? { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] } : groupList(),
    )
  }
  if (path === '/api/v1') return json(resourceList('', 'v1'))
  const [, group, version] = /^\/apis\/([^/]+)(?:\/([^/]+))?$/.exec(path) ?? []
  const served = GROUPS.find((entry) => entry.group === group)
  if (served === undefined || served.group === '') return undefined
  if (version === undefined) return json({ kind: 'APIGroup', apiVersion: 'v1', ...groupOf(served) })
  return served.versions.includes(version) ? json(resourceList(served.group, version)) : undefined
}

function groupOf({ group, versions: served }: ServedGroup): object {
  const versions = served.map((version) => ({ groupVersion: `${group}/${version}`, version }))
  return { name: group, versions, preferredVersion: versions[0] }
}

function groupList(): object {
  const groups = GROUPS.filter(({ group }) => group !== '').map(groupOf)
  return { kind: 'APIGroupList', apiVersion: 'v1', groups }
}

function isOf(group: string, version: string): (served: GroupVersion) => boolean {
  return (served) => served.group === group && served.version === version
}

function kindsOf(group: string, version: string): readonly Kind[] {
  return SERVED_KINDS.filter(isOf(group, version)).map(({ kind }) => kind)
}

function resourceList(group: string, version: string): object {
  const resources = [
    ...kindsOf(group, version).flatMap(plainResources),
    ...UNSTORED.filter(isOf(group, version)).map(({ plural, singular, kind, ...rest }) => ({
      name: plural,
      singularName: singular,
      namespaced: rest.namespaced,
      kind,
      verbs: rest.verbs,
      ...(rest.shortNames && { shortNames: rest.shortNames }),
    })),
  ]
  const groupVersion = group === '' ? version : `${group}/${version}`
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources }
}

function plainResources(kind: Kind): readonly object[] {
  const { plural, namespaced } = KINDS[kind]
  const { singular, shortNames, categories, subresources } = RESOURCE_NAMES[kind]
  return [
    {
      name: plural,
      singularName: singular,
      namespaced,
      kind,
      verbs: VERBS,
      ...(shortNames.length > 0 && { shortNames }),
      ...(categories.length > 0 && { categories }),
      storageVersionHash: '',
    },
    ...subresources.map((name) => {
      const { verbs, kind: own = kind, group, version } = SUBRESOURCES[name] ?? { verbs: [] }
      const foreign = group === undefined ? {} : { group, version }
      return {
        name: `${plural}/${name}`,
        singularName: '',
        namespaced,
        ...foreign,
        kind: own.replace('*', kind),
        verbs,
      }
    }),
  ]
}

function aggregated(core: boolean, version: string): DiscoveryAnswer {
  const groups = GROUPS.filter(({ group }) => (group === '') === core)
  return {
    contentType: `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
    body: {
      kind: 'APIGroupDiscoveryList',
      apiVersion: `apidiscovery.k8s.io/${version}`,
      metadata: {},
      items: groups.map(({ group, versions }) => ({
        metadata: { name: group, creationTimestamp: null },
        versions: versions.map((served) => ({
          version: served,
          resources: aggregatedResources(group, served),
          freshness: 'Current',
        })),
      })),
    },
  }
}

function aggregatedResources(group: string, version: string): readonly object[] {
  const served = { group, version }
  return [
    ...kindsOf(group, version).map((kind) => {
      const { plural, namespaced } = KINDS[kind]
      const { singular, shortNames, categories, subresources } = RESOURCE_NAMES[kind]
      return {
        resource: plural,
        responseKind: { ...served, kind },
        scope: namespaced ? 'Namespaced' : 'Cluster',
        singularResource: singular,
        verbs: VERBS,
        ...(shortNames.length > 0 && { shortNames }),
        ...(categories.length > 0 && { categories }),
        ...(subresources.length > 0 && {
          subresources: subresources.map((name) => aggregatedSubresource(served, kind, name)),
        }),
      }
    }),
    ...UNSTORED.filter(isOf(group, version)).map(({ kind, ...rest }) => ({
      resource: rest.plural,
      responseKind: { group, version, kind },
      scope: rest.namespaced ? 'Namespaced' : 'Cluster',
      singularResource: rest.singular,
      verbs: rest.verbs,
      ...(rest.shortNames && { shortNames: rest.shortNames }),
    })),
  ]
}

function aggregatedSubresource({ group, version }: GroupVersion, kind: Kind, name: string): object {
  const own = SUBRESOURCES[name] ?? { verbs: [] }
  const responseKind = {
    group: own.group ?? group,
    version: own.version ?? version,
    kind: (own.kind ?? kind).replace('*', kind),
  }
  return { subresource: name, responseKind, verbs: own.verbs }
}
