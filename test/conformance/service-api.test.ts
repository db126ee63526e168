import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { AnyObject, Kind } from '../../src/api/kinds.ts'
import { createRegistry, type Registry, type WriteResult } from '../../src/apiserver/registry.ts'
import { parseIP } from '../../src/lib/ip.ts'
import { DEFAULT_CLUSTER_CONFIG, parseClusterConfig, type ClusterConfig } from '../../src/model/cluster-config.ts'
import { createStore } from '../../src/store/store.ts'

type JSONObject = Record<string, unknown>

interface Vector {
  readonly name: string
  readonly op: 'create' | 'create pod' | 'update/merge' | 'update/put'
  readonly meta?: JSONObject
  readonly spec?: JSONObject
  readonly base?: JSONObject
  readonly change?: JSONObject
  readonly result: {
    readonly code: number
    readonly reason?: string | null
    readonly causes?: readonly (readonly [string | null, string | null])[]
    readonly spec?: JSONObject
    readonly ports?: unknown
    readonly kept?: Readonly<Record<string, boolean>>
    readonly nodePortKeptByName?: readonly boolean[]
    readonly warnings?: number
  }
}

const NAMESPACE = 'vectors'
const FILES = [
  ['create.jsonl', '10.96.0.0/12', 107],
  ['update.jsonl', '10.96.0.0/12', 45],
  ['pods.jsonl', '10.96.0.0/12', 19],
  ['dual.jsonl', '10.96.0.0/24,fd00:10:96::/112', 20],
] as const

function readVectors(file: string): readonly Vector[] {
  const text = readFileSync(new URL(`service-api/${file}`, import.meta.url), 'utf8')
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Vector)
}

function configOf(serviceCIDR: string): ClusterConfig {
  const config = parseClusterConfig({ ...DEFAULT_CLUSTER_CONFIG, serviceCIDR })
  if (!('serviceCIDRs' in config)) throw new Error(config.join(', '))
  return config
}

/** A cluster as it is after its start. */
function newRegistry(serviceCIDR: string): Registry {
  let uids = 0
  const now = (): number => Date.UTC(2026, 0, 1)
  const registry = createRegistry(createStore({ now, uid: () => `uid-${++uids}` }), configOf(serviceCIDR), { now })
  for (const name of ['default', NAMESPACE]) {
    accepted(registry.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }))
  }
  const spec = { clusterIP: '10.96.0.1', ports: [{ name: 'https', port: 443, targetPort: 6443 }] }
  accepted(registry.create({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'kubernetes' }, spec }))
  return registry
}

function accepted(result: WriteResult<AnyObject>): AnyObject {
  if ('failure' in result) throw new Error(result.failure.message)
  return result.object
}

function specOf(object: AnyObject): JSONObject {
  return 'spec' in object ? (object.spec as unknown as JSONObject) : {}
}

interface Replay {
  readonly got: WriteResult<AnyObject>
  readonly created: JSONObject
}

function replay(registry: Registry, vector: Vector): Replay {
  const kind: Kind = vector.op === 'create pod' ? 'Pod' : 'Service'
  const name = kind === 'Pod' ? 'vp' : 't'
  const body = { apiVersion: 'v1', kind, metadata: { name, ...vector.meta }, spec: vector.spec ?? vector.base }
  // A request may hold anything; the registry checks it.
  const first = registry.create(body as unknown as AnyObject, { namespace: NAMESPACE })
  if (vector.op === 'create' || vector.op === 'create pod') return { got: first, created: {} }
  const stored = accepted(first)
  const created = specOf(stored)
  const change = resolve(vector.change, created)
  if (vector.op === 'update/merge') {
    return { got: registry.mergePatch('Service', `${NAMESPACE}/${name}`, { spec: change }), created }
  }
  const { resourceVersion } = stored.metadata
  const put = { ...stored, metadata: { name, resourceVersion }, spec: change }
  return { got: registry.update(put as unknown as AnyObject, { namespace: NAMESPACE }), created }
}

/** `$created.clusterIPs[0]` stands for a value that the server chose before. */
function resolve(value: unknown, created: JSONObject): unknown {
  if (typeof value === 'string' && value.startsWith('$created.')) {
    const steps = value.slice(9).match(/[^.[\]]+/g) ?? []
    return steps.reduce<unknown>((at, step) => (at as JSONObject)[step], created)
  }
  if (Array.isArray(value)) return value.map((item) => resolve(item, created))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([field, item]) => [field, resolve(item, created)]))
}

/** `expected` with its placeholders replaced by the values that stand in their places, if they are of the right sort. */
function bind(expected: unknown, got: unknown, bound: Map<string, unknown>): unknown {
  if (typeof expected === 'string' && /^<auto(-\w+)?>$/.test(expected)) {
    if (bound.has(expected)) return bound.get(expected)
    const fits =
      expected === '<auto-v4>' || expected === '<auto-v6>'
        ? typeof got === 'string' && parseIP(got)?.family === (expected === '<auto-v4>' ? 4 : 6)
        : Number.isInteger(got) && Number(got) > 0 && ![...bound.values()].includes(got)
    if (fits) bound.set(expected, got)
    return fits ? got : expected
  }
  if (Array.isArray(expected)) {
    return expected.map((item, i) => bind(item, Array.isArray(got) ? got[i] : undefined, bound))
  }
  if (typeof expected !== 'object' || expected === null) return expected
  const at = typeof got === 'object' && got !== null ? (got as JSONObject) : {}
  return Object.fromEntries(Object.entries(expected).map(([field, item]) => [field, bind(item, at[field], bound)]))
}

/** Node ports written out in the expected spec: a number that the server chooses must differ from them. */
function literalNodePorts(spec: unknown): Map<string, unknown> {
  const { ports = [], healthCheckNodePort } = (spec ?? {}) as { ports?: JSONObject[]; healthCheckNodePort?: unknown }
  const numbers = [...ports.map((port) => port['nodePort']), healthCheckNodePort].filter(Number.isInteger)
  return new Map(numbers.map((number) => [`literal ${String(number)}`, number]))
}

const causeSet = (causes: readonly (readonly [unknown, unknown])[]): readonly string[] =>
  [...new Set(causes.filter(([reason, field]) => reason || field).map((pair) => pair.join(' @ ')))].sort()

function portsOf(spec: JSONObject): readonly { name?: string; nodePort?: number }[] {
  return (spec['ports'] ?? []) as { name?: string; nodePort?: number }[]
}

function expectSuccess(result: Vector['result'], { got, created }: Replay): void {
  if ('failure' in got) throw new Error(got.failure.message)
  const spec = specOf(got.object)
  if (result.spec !== undefined) {
    const expected = resolve(result.spec, created)
    expect(spec).toEqual(bind(expected, spec, literalNodePorts(expected)))
  }
  if (result.ports !== undefined) {
    const containers = (spec['containers'] ?? []) as readonly JSONObject[]
    expect(containers.map((container) => container['ports'])).toEqual(result.ports)
  }
  for (const [field, kept] of Object.entries(result.kept ?? {})) {
    expect(JSON.stringify(spec[field]) === JSON.stringify(created[field]), `${field} kept`).toBe(kept)
  }
  if (result.nodePortKeptByName !== undefined) {
    const kept = portsOf(spec)
      .filter((port) => port.nodePort)
      .map((port) => portsOf(created).some((old) => old.name === port.name && old.nodePort === port.nodePort))
    expect(kept).toEqual(result.nodePortKeptByName)
  }
  expect(got.warnings.length > 0, `warnings: ${got.warnings.join(', ')}`).toBe(Boolean(result.warnings))
}

describe.each(FILES)('%s', (file, serviceCIDR, count) => {
  const vectors = readVectors(file)

  test('is complete', () => expect(vectors).toHaveLength(count))

  test.each(vectors.map((vector) => [vector.name, vector] as const))('%s', (_name, vector) => {
    const { result } = vector
    const outcome = replay(newRegistry(serviceCIDR), vector)
    const { got } = outcome
    if ('failure' in got) {
      const { code, reason = null, details } = got.failure
      const causes = causeSet((details?.causes ?? []).map((cause) => [cause.reason, cause.field] as const))
      const expected = { code: result.code, reason: result.reason ?? null, causes: causeSet(result.causes ?? []) }
      expect({ code, reason, causes }).toEqual(expected)
      return
    }
    expect(got.code).toBe(result.code)
    expectSuccess(result, outcome)
  })
})
