/** What each kind is called in paths, in discovery and on kubectl's command line. */
import { STORED_NAMES } from './stored-names.ts'
import { isKind, KINDS, type Kind } from '../../api/kinds.ts'

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

export function groupVersionOf(kind: Kind): GroupVersion {
  const { apiVersion } = KINDS[kind]
  const slash = apiVersion.indexOf('/')
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) }
}

export const ALL_KINDS: readonly Kind[] = Object.keys(KINDS).filter(isKind)

/** The kind behind a plural of a group, for example `deployments` of `apps/v1`. */
export function kindOfResource(apiVersion: string, plural: string): Kind | undefined {
  return ALL_KINDS.find((kind) => KINDS[kind].apiVersion === apiVersion && KINDS[kind].plural === plural)
}
