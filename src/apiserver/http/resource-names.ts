/** What each kind is called in paths, in discovery and on kubectl's command line. */
import { STORED_NAMES } from './stored-names.ts'
import { isKind, KINDS, type Kind } from '../../api/kinds.ts'
import { OTHER_VERSIONS, type OtherVersion } from './other-versions.ts'

export interface ResourceNames {
  readonly singular: string
  readonly shortNames: readonly string[]
  /** `all`: what `kubectl get all` shows. */
  readonly categories: readonly string[]
  readonly subresources: readonly string[]
}

export const RESOURCE_NAMES: Readonly<Record<Kind, ResourceNames>> = {
  ...STORED_NAMES,
  Namespace: { singular: 'namespace', shortNames: ['ns'], categories: [], subresources: ['status'] },
  Node: { singular: 'node', shortNames: ['no'], categories: [], subresources: ['status', 'proxy'] },
  ServiceCIDR: { singular: 'servicecidr', shortNames: [], categories: [], subresources: ['status'] },
  IPAddress: { singular: 'ipaddress', shortNames: ['ip'], categories: [], subresources: [] },
  ServiceAccount: { singular: 'serviceaccount', shortNames: ['sa'], categories: [], subresources: ['token'] },
  Lease: { singular: 'lease', shortNames: [], categories: [], subresources: [] },
  ConfigMap: { singular: 'configmap', shortNames: ['cm'], categories: [], subresources: [] },
  Secret: { singular: 'secret', shortNames: [], categories: [], subresources: [] },
  Service: { singular: 'service', shortNames: ['svc'], categories: ['all'], subresources: ['status', 'proxy'] },
  Endpoints: { singular: 'endpoints', shortNames: ['ep'], categories: [], subresources: [] },
  EndpointSlice: { singular: 'endpointslice', shortNames: [], categories: [], subresources: [] },
  Deployment: {
    singular: 'deployment',
    shortNames: ['deploy'],
    categories: ['all'],
    subresources: ['status', 'scale'],
  },
  StatefulSet: {
    singular: 'statefulset',
    shortNames: ['sts'],
    categories: ['all'],
    subresources: ['status', 'scale'],
  },
  DaemonSet: { singular: 'daemonset', shortNames: ['ds'], categories: ['all'], subresources: ['status'] },
  ControllerRevision: { singular: 'controllerrevision', shortNames: [], categories: [], subresources: [] },
  ReplicaSet: { singular: 'replicaset', shortNames: ['rs'], categories: ['all'], subresources: ['status', 'scale'] },
  CronJob: { singular: 'cronjob', shortNames: ['cj'], categories: ['all'], subresources: ['status'] },
  Job: { singular: 'job', shortNames: [], categories: ['all'], subresources: ['status'] },
  Pod: {
    singular: 'pod',
    shortNames: ['po'],
    categories: ['all'],
    subresources: ['status', 'log', 'exec', 'attach', 'portforward', 'proxy', 'binding', 'eviction'],
  },
}

export interface GroupVersion {
  /** Empty for the core group. */
  readonly group: string
  readonly version: string
}

/** Of the version in which the kind is stored. */
export function groupVersionOf(kind: Kind): GroupVersion {
  return splitApiVersion(KINDS[kind].apiVersion)
}

function splitApiVersion(apiVersion: string): GroupVersion {
  const slash = apiVersion.indexOf('/')
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) }
}

export const ALL_KINDS: readonly Kind[] = Object.keys(KINDS).filter(isKind)

/** A kind in one of its versions. */
export interface ServedKind extends GroupVersion {
  readonly kind: Kind
  readonly apiVersion: string
  /** For `fieldsOf`. */
  readonly type: string
  /** Where it is not the version in which the kind is stored. */
  readonly other?: OtherVersion
}

/** Stored versions first: they are the preferred ones. */
export const SERVED_KINDS: readonly ServedKind[] = [
  ...ALL_KINDS.map((kind) => servedKind(kind, KINDS[kind].apiVersion, kind)),
  ...OTHER_VERSIONS.map((other) => ({ ...servedKind(other.kind, other.apiVersion, other.type), other })),
]

function servedKind(kind: Kind, apiVersion: string, type: string): ServedKind {
  return { kind, apiVersion, type, ...splitApiVersion(apiVersion) }
}

/** The kind behind a plural of a group, for example `deployments` of `apps/v1`. */
export function kindOfResource(apiVersion: string, plural: string): ServedKind | undefined {
  return SERVED_KINDS.find((served) => served.apiVersion === apiVersion && KINDS[served.kind].plural === plural)
}
