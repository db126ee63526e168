/** What is served, in the two forms in which clients ask: aggregated, and one document a group. */
import { KINDS, type Kind } from '../../api/kinds.ts'
import { REVIEWS, type UnstoredKind } from './reviews.ts'
import { ALL_KINDS, groupVersionOf, RESOURCE_NAMES } from './resource-names.ts'

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

const UNSTORED: readonly UnstoredKind[] = [...REVIEWS, EVENTS]

const GROUPS = [
  ...new Map([...ALL_KINDS.map(groupVersionOf), ...UNSTORED].map(({ group, version }) => [group, version])),
].map(([group, version]) => ({ group, version }))

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
  const served = GROUPS.find((entry) => entry.group === group && (version ?? entry.version) === entry.version)
  if (served === undefined || served.group === '') return undefined
  return json(
    version === undefined
      ? { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(served.group, served.version) }
      : resourceList(served.group, served.version),
  )
}

function groupOf(group: string, version: string): object {
  const only = { groupVersion: `${group}/${version}`, version }
  return { name: group, versions: [only], preferredVersion: only }
}

function groupList(): object {
  const groups = GROUPS.filter(({ group }) => group !== '').map(({ group, version }) => groupOf(group, version))
  return { kind: 'APIGroupList', apiVersion: 'v1', groups }
}

function kindsOf(group: string): readonly Kind[] {
  return ALL_KINDS.filter((kind) => groupVersionOf(kind).group === group)
}

function resourceList(group: string, version: string): object {
  const resources = [
    ...kindsOf(group).flatMap(plainResources),
    ...UNSTORED.filter((unstored) => unstored.group === group).map(({ plural, singular, kind, ...rest }) => ({
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
      items: groups.map((served) => ({
        metadata: { name: served.group, creationTimestamp: null },
        versions: [{ version: served.version, resources: aggregatedResources(served.group), freshness: 'Current' }],
      })),
    },
  }
}

function aggregatedResources(group: string): readonly object[] {
  return [
    ...kindsOf(group).map((kind) => {
      const { plural, namespaced } = KINDS[kind]
      const { singular, shortNames, categories, subresources } = RESOURCE_NAMES[kind]
      return {
        resource: plural,
        responseKind: { ...groupVersionOf(kind), kind },
        scope: namespaced ? 'Namespaced' : 'Cluster',
        singularResource: singular,
        verbs: VERBS,
        ...(shortNames.length > 0 && { shortNames }),
        ...(categories.length > 0 && { categories }),
        ...(subresources.length > 0 && { subresources: subresources.map((name) => aggregatedSubresource(kind, name)) }),
      }
    }),
    ...UNSTORED.filter((unstored) => unstored.group === group).map(({ version, kind, ...rest }) => ({
      resource: rest.plural,
      responseKind: { group, version, kind },
      scope: rest.namespaced ? 'Namespaced' : 'Cluster',
      singularResource: rest.singular,
      verbs: rest.verbs,
      ...(rest.shortNames && { shortNames: rest.shortNames }),
    })),
  ]
}

function aggregatedSubresource(kind: Kind, name: string): object {
  const own = SUBRESOURCES[name] ?? { verbs: [] }
  const { group, version } = groupVersionOf(kind)
  const responseKind = {
    group: own.group ?? group,
    version: own.version ?? version,
    kind: (own.kind ?? kind).replace('*', kind),
  }
  return { subresource: name, responseKind, verbs: own.verbs }
}
