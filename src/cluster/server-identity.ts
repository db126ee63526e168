/** By what the API server is known: an authority that is there before the first Pod, a certificate once it is needed. */
import { makeAuthority, makeCertificates, type Certificates } from '../apiserver/http/certificates.ts'
import { cidrAddress, formatIP } from '../lib/ip.ts'
import type { ClusterConfig } from '../model/cluster-config.ts'
import { formerServer, type ServerNote } from './state/api-server-note.ts'
import type { StateFile } from './state/state-file.ts'
import type { Topology } from './topology.ts'

export const LOOPBACK: string = '127.0.0.1'

export interface ServerIdentity {
  /** What the certificate is for. */
  readonly names: readonly string[]
  /** Of the authority, PEM. */
  readonly authority: string
  certificates(): Certificates
  /** What an earlier life of the network left. */
  readonly former: ServerNote | undefined
}

export function createServerIdentity(
  file: StateFile | undefined,
  topology: Topology,
  config: ClusterConfig,
): ServerIdentity {
  const names = serverNames(topology, config)
  const former = formerServer(file, names)
  if (former !== undefined) {
    const { certificates } = former
    return { names, authority: certificates.authority, certificates: () => certificates, former }
  }
  const authority = makeAuthority(Date.now())
  return {
    names,
    authority: authority.certificate,
    certificates: () => makeCertificates(authority, names, Date.now()),
    former,
  }
}

/** The first address of the range: the Service by which Pods reach the server. */
export function serverAddress({ serviceCIDRs: [range] }: ClusterConfig): string {
  if (range === undefined) throw new Error('the network has no range for Services')
  return formatIP(cidrAddress(range, 1))
}

function serverNames(topology: Topology, config: ClusterConfig): readonly string[] {
  const inside = [
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    `kubernetes.default.svc.${config.clusterDomain}`,
  ]
  return [LOOPBACK, 'localhost', topology.gateway, serverAddress(config), ...inside]
}
