/** The addresses of Services as IPAddress objects: a view of the allocator, put right where somebody changed it. */
import type { Service } from '../api/core.ts'
import type { AnyObject } from '../api/kinds.ts'
import type { IPAddress } from '../api/networking.ts'
import type { Change } from '../model/change.ts'
import { addressFamily } from '../model/endpoints.ts'
import { indexBy, type Index } from '../model/incremental.ts'
import { get, type Snapshot } from '../model/snapshot.ts'
import type { Controller } from './controller.ts'
import { deletionOf, updateTo } from './helpers/changes.ts'

const MANAGED_BY = 'ipaddress.kubernetes.io/managed-by'
const MANAGER = 'ipallocator.k8s.io'

export const ipAddressController: Controller = {
  name: 'ip-addresses',
  watches: ['Service', 'IPAddress'],
  keys: (object: AnyObject) => {
    if (object.kind === 'Service') return addressesOf(object)
    return object.kind === 'IPAddress' ? [object.metadata.name] : []
  },
  reconcile: reconcileAddress,
}

function addressesOf({ spec }: Service): readonly string[] {
  const { clusterIPs = [], clusterIP = '' } = spec
  const addresses = clusterIPs.length > 0 ? clusterIPs : [clusterIP]
  return addresses.filter((address) => address !== '' && address !== 'None')
}

const holders: Index<Service> = indexBy(['Service'], addressesOf)

/** `key`: an address. Those that people made stay as they are, while no Service has the address. */
export function reconcileAddress(snapshot: Snapshot, key: string): readonly Change[] {
  const [holder] = holders.find(snapshot, key)
  const stored = get(snapshot, 'IPAddress', key)
  if (holder === undefined) {
    return stored?.metadata.labels?.[MANAGED_BY] === MANAGER ? [deletionOf(stored)] : []
  }
  const wanted = addressOf(holder, key)
  if (stored === undefined) return [{ verb: 'create', object: wanted }]
  const labels = { ...stored.metadata.labels, ...wanted.metadata.labels }
  return updateTo(stored, {
    ...stored,
    ...(wanted.spec && { spec: wanted.spec }),
    metadata: { ...stored.metadata, labels },
  })
}

function addressOf({ metadata: { namespace = '', name } }: Service, address: string): IPAddress {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IPAddress',
    metadata: {
      name: address,
      labels: { 'ipaddress.kubernetes.io/ip-family': addressFamily(address), [MANAGED_BY]: MANAGER },
    },
    spec: { parentRef: { resource: 'services', namespace, name } },
  }
}
