import type { PodSpec } from '../api/core.ts'

/** A port of the node that a Pod takes. */
interface Claim {
  readonly protocol: string
  /** Empty: every address. */
  readonly ip: string
  readonly port: number
}

/** With the node's own network every declared port is one of the node's: its hostPort is filled in. */
function claimsOf({ containers, initContainers = [] }: PodSpec): readonly Claim[] {
  const sidecars = initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always')
  return [...containers, ...sidecars].flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort = 0, hostIP = '', protocol = 'TCP' }) =>
      hostPort === 0 ? [] : [{ protocol, ip: /^(0\.0\.0\.0|::)$/.test(hostIP) ? '' : hostIP, port: hostPort }],
    ),
  )
}

export function claimsHostPorts(spec: PodSpec): boolean {
  return claimsOf(spec).length > 0
}

/** Whether two Pods cannot share a node: one protocol and port, on one address or on all. */
export function conflictInHostPorts(one: PodSpec, other: PodSpec): boolean {
  const taken = claimsOf(other)
  return claimsOf(one).some(({ protocol, ip, port }) =>
    taken.some(
      (claim) =>
        claim.port === port && claim.protocol === protocol && (claim.ip === ip || claim.ip === '' || ip === ''),
    ),
  )
}
