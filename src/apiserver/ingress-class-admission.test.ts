import { expect, test } from 'vitest'
import type { AnyObject } from '../api/kinds.ts'
import { DEFAULT_CLUSTER_CONFIG, parseClusterConfig } from '../model/cluster-config.ts'
import { snapshotOf } from '../model/snapshot.ts'
import { createStore } from '../store/store.ts'
import { admitIngressClass } from './ingress-class-admission.ts'
import { createRegistry } from './registry.ts'

const DEFAULT = { 'ingressclass.kubernetes.io/is-default-class': 'true' }
const ingressClass = (name: string, second: number, annotations: Readonly<Record<string, string>>): AnyObject => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IngressClass',
  metadata: { name, annotations, creationTimestamp: `2026-01-01T00:00:0${second}Z` },
})
const OTHER = ingressClass('other', 9, {})
const DENIED = ingressClass('denied', 9, { 'ingressclass.kubernetes.io/is-default-class': 'false' })
const OLD = ingressClass('old', 1, DEFAULT)

interface Row {
  readonly name: string
  readonly classes: readonly AnyObject[]
  readonly annotations?: Readonly<Record<string, string>>
  readonly given?: string
  readonly expected: string | undefined
}

const ROWS: readonly Row[] = [
  { name: 'no class is there', classes: [], expected: undefined },
  { name: 'none is the default', classes: [OTHER, DENIED], expected: undefined },
  { name: 'one is', classes: [OTHER, OLD], expected: 'old' },
  { name: 'the newest of several', classes: [OLD, ingressClass('new', 2, DEFAULT)], expected: 'new' },
  {
    name: 'the first name of the same second',
    classes: [OLD, ingressClass('c', 2, DEFAULT), ingressClass('b', 2, DEFAULT)],
    expected: 'b',
  },
  { name: 'it names one', classes: [OLD], given: 'mine', expected: 'mine' },
  { name: 'it names none on purpose', classes: [OLD], given: '', expected: '' },
  {
    name: 'it names one in the old way',
    classes: [OLD],
    annotations: { 'kubernetes.io/ingress.class': 'x' },
    expected: undefined,
  },
]

test.each(ROWS)('$name', ({ classes, annotations = {}, given, expected }) => {
  const { spec } = admitIngressClass(
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'a', namespace: 'b', annotations },
      spec: { tls: [], ...(given !== undefined && { ingressClassName: given }) },
    },
    snapshotOf(classes),
  )
  expect(spec).toEqual({ tls: [], ...(expected !== undefined && { ingressClassName: expected }) })
})

test('whoever creates one is given it, and an update takes it away', () => {
  const now = (): number => 0
  const store = createStore({ now, uid: () => 'uid' })
  const config = parseClusterConfig(DEFAULT_CLUSTER_CONFIG)
  if (!('serviceCIDRs' in config)) throw new Error(config.join())
  const registry = createRegistry(store, config, { now })
  for (const object of [OLD, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } } as const]) {
    registry.create(object)
  }
  const ingress = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { name: 'a' }, spec: {} } as const
  expect(registry.create(ingress)).toMatchObject({ code: 201, object: { spec: { ingressClassName: 'old' } } })
  expect(registry.update(ingress)).toMatchObject({ code: 200, object: { spec: {} } })
  expect(store.snapshot().objects.Ingress.get('default/a')?.spec).toEqual({})
})
