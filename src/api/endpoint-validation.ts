/** EndpointSlices and Endpoints, which users also write by hand. */
import { parseIP } from '../lib/ip.ts'
import type { Endpoints, EndpointAddress, EndpointSubset } from './core.ts'
import type { EndpointPort, EndpointSlice, SliceEndpoint } from './discovery.ts'
import {
  duplicate,
  invalid,
  invalidEach,
  notSupported,
  required,
  tooMany,
  type FieldError,
  type FieldPath,
} from './field-error.ts'
import { validateLabels, validateObjectMeta, validateObjectMetaUpdate, validateUnique } from './meta-validation.ts'
import { PROTOCOLS } from './service-port-validation.ts'
import { dnsLabel, dnsSubdomain, nonSpecialIP, portNumber, qualifiedName } from './syntax.ts'

const ADDRESS_TYPES: readonly string[] = ['FQDN', 'IPv4', 'IPv6']
const MAX_ENDPOINTS = 1000
const MAX_ADDRESSES = 100
const MAX_PORTS = 20_000
const MAX_HINTS = 8

export function validateEndpointSlice(slice: EndpointSlice): readonly FieldError[] {
  return [...validateObjectMeta(slice, dnsSubdomain, true), ...validateSlice(slice)]
}

export function validateEndpointSliceUpdate(slice: EndpointSlice, old: EndpointSlice): readonly FieldError[] {
  const errors = [
    ...validateObjectMetaUpdate(slice, old),
    ...validateLabels(slice.metadata.labels ?? {}, ['metadata', 'labels']),
    ...validateSlice(slice),
  ]
  return slice.addressType === old.addressType
    ? errors
    : [...errors, invalid(['addressType'], slice.addressType, 'field is immutable')]
}

function validateSlice(slice: EndpointSlice): readonly FieldError[] {
  const { addressType, endpoints, ports = [] } = slice
  const errors: FieldError[] = []
  if (!addressType) errors.push(required(['addressType']))
  else if (!ADDRESS_TYPES.includes(addressType)) {
    errors.push(notSupported(['addressType'], addressType, ADDRESS_TYPES))
  }
  if (endpoints.length > MAX_ENDPOINTS) errors.push(tooMany(['endpoints'], endpoints.length, MAX_ENDPOINTS))
  if (ports.length > MAX_PORTS) errors.push(tooMany(['ports'], ports.length, MAX_PORTS))
  return [
    ...errors,
    ...endpoints.flatMap((endpoint, i) => validateEndpoint(endpoint, addressType, ['endpoints', i])),
    ...ports.flatMap((port, i) => validatePort(port, ['ports', i])),
    ...findDuplicateNames(ports),
  ]
}

function validateEndpoint(endpoint: SliceEndpoint, addressType: string, path: FieldPath): readonly FieldError[] {
  const { addresses, nodeName = '', hostname = '', hints } = endpoint
  const errors: FieldError[] = []
  if (addresses.length === 0) errors.push(required([...path, 'addresses'], 'must contain at least 1 address'))
  if (addresses.length > MAX_ADDRESSES) errors.push(tooMany([...path, 'addresses'], addresses.length, MAX_ADDRESSES))
  addresses.forEach((address, i) => {
    errors.push(...invalidEach([...path, 'addresses', i], address, addressProblems(address, addressType)))
  })
  if (nodeName !== '') errors.push(...invalidEach([...path, 'nodeName'], nodeName, dnsSubdomain(nodeName)))
  if (hostname !== '') errors.push(...invalidEach([...path, 'hostname'], hostname, dnsLabel(hostname)))
  for (const field of ['forZones', 'forNodes'] as const) {
    const entries = hints?.[field] ?? []
    const at = [...path, 'hints', field]
    if (entries.length > MAX_HINTS) errors.push(tooMany(at, entries.length, MAX_HINTS))
    errors.push(
      ...validateUnique(
        entries.map((entry) => entry.name),
        (i) => [...at, i, 'name'],
      ),
    )
  }
  return errors
}

function addressProblems(address: string, addressType: string): readonly string[] {
  if (addressType === 'FQDN') return dnsSubdomain(address)
  const ip = parseIP(address)
  if (addressType === 'IPv4' && ip?.family !== 4) return ['must be a valid IPv4 address, (e.g. 10.9.8.7)']
  if (addressType === 'IPv6' && ip?.family !== 6) return ['must be a valid IPv6 address, (e.g. 2001:db8::ffff)']
  return nonSpecialIP(address)
}

function validatePort(port: EndpointPort, path: FieldPath): readonly FieldError[] {
  const { name = '', protocol = '', appProtocol } = port
  const errors: FieldError[] = []
  if (name !== '') errors.push(...invalidEach([...path, 'name'], name, dnsLabel(name)))
  if (!PROTOCOLS.includes(protocol)) errors.push(notSupported([...path, 'protocol'], protocol, PROTOCOLS))
  if (port.port !== undefined) errors.push(...invalidEach([...path, 'port'], port.port, portNumber(port.port)))
  if (appProtocol !== undefined) {
    errors.push(...invalidEach([...path, 'appProtocol'], appProtocol, qualifiedName(appProtocol)))
  }
  return errors
}

/** The empty name counts too: one nameless port at most. */
function findDuplicateNames(ports: readonly EndpointPort[]): readonly FieldError[] {
  const seen = new Set<string>()
  return ports.flatMap(({ name = '' }, i) => {
    const known = seen.has(name)
    seen.add(name)
    return known ? [duplicate(['ports', i, 'name'], name)] : []
  })
}

export const ENDPOINTS_WARNING: string = 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice'

export function validateEndpoints(endpoints: Endpoints): readonly FieldError[] {
  return [...validateObjectMeta(endpoints, dnsSubdomain, true), ...validateSubsets(endpoints)]
}

export function validateEndpointsUpdate(endpoints: Endpoints, old: Endpoints): readonly FieldError[] {
  return [...validateObjectMetaUpdate(endpoints, old), ...validateSubsets(endpoints)]
}

function validateSubsets({ subsets = [] }: Endpoints): readonly FieldError[] {
  return subsets.flatMap((subset, i) => validateSubset(subset, ['subsets', i]))
}

function validateSubset(subset: EndpointSubset, path: FieldPath): readonly FieldError[] {
  const { addresses = [], notReadyAddresses = [], ports = [] } = subset
  const errors: FieldError[] = []
  if (addresses.length === 0 && notReadyAddresses.length === 0) {
    errors.push(required(path, 'must specify `addresses` or `notReadyAddresses`'))
  }
  for (const [field, list] of Object.entries({ addresses, notReadyAddresses })) {
    errors.push(...list.flatMap((address, i) => validateAddress(address, [...path, field, i])))
  }
  ports.forEach((port, i) => {
    const at = [...path, 'ports', i]
    if (ports.length > 1 && !port.name) errors.push(required([...at, 'name']))
    errors.push(...invalidEach([...at, 'port'], port.port, portNumber(port.port)))
    errors.push(...validatePort({ ...port, port: 1 }, at))
  })
  return errors
}

function validateAddress(address: EndpointAddress, path: FieldPath): readonly FieldError[] {
  const { ip, hostname = '', nodeName = '' } = address
  return [
    ...invalidEach([...path, 'ip'], ip, nonSpecialIP(ip)),
    ...(hostname === '' ? [] : invalidEach([...path, 'hostname'], hostname, dnsLabel(hostname))),
    ...(nodeName === '' ? [] : invalidEach([...path, 'nodeName'], nodeName, dnsSubdomain(nodeName))),
  ]
}
