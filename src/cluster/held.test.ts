import { describe, expect, test } from 'vitest'
import type { Kind, Kinds } from '../api/kinds.ts'
import { DEFAULT_CLUSTER_CONFIG, parseClusterConfig, type ClusterConfig } from '../model/cluster-config.ts'
import { get } from '../model/snapshot.ts'
import { createObjects, type Objects } from './objects.ts'

const config = parseClusterConfig(DEFAULT_CLUSTER_CONFIG) as ClusterConfig

describe('the same manifest again', () => {
  const deployment: unknown = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', labels: { team: 'a' } },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'c', image: 'web:1', resources: { limits: { cpu: 0.5 } } }] },
      },
    },
  }
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'key' }, stringData: { a: 'b' } }
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 's' },
    spec: { selector: { a: 'b' }, ports: [{ port: 80 }] },
  }
  const manifest = [deployment, secret, service]
  const change = <K extends Kind>(objects: Objects, kind: K, name: string, how: (object: Kinds[K]) => Kinds[K]) => {
    const stored = get(objects.snapshot(), kind, `default/${name}`)
    if (stored === undefined) throw new Error(`no ${kind} ${name}`)
    expect(objects.registry.update(how(stored))).toHaveProperty('object')
  }

  test('nobody has changed anything: nothing is written', () => {
    const objects = createObjects(config)
    objects.applyManifest(manifest)
    expect(objects.applyManifest(manifest)).toMatchObject({ updated: [], unchanged: 3 })
  })

  test('what kubectl has changed is as the manifest says again', () => {
    const objects = createObjects(config)
    objects.applyManifest(manifest)
    change(objects, 'Deployment', 'web', (object) => ({ ...object, spec: { ...object.spec, replicas: 5 } }))
    change(objects, 'Secret', 'key', (object) => ({ ...object, data: { a: 'Yw==' } }))
    change(objects, 'Service', 's', (object) => ({
      ...object,
      spec: { ...object.spec, ports: object.spec.ports?.map((port) => ({ ...port, port: 81 })) ?? [] },
    }))
    const { updated, unchanged } = objects.applyManifest(manifest)
    expect([updated.toSorted(), unchanged]).toEqual([
      ['Service default/s', 'Secret default/key', 'Deployment default/web'].toSorted(),
      0,
    ])
    expect(get(objects.snapshot(), 'Deployment', 'default/web')?.spec.replicas).toBe(2)
    expect(get(objects.snapshot(), 'Service', 'default/s')?.spec.ports?.[0]?.port).toBe(80)
  })

  test('what the manifest says nothing of stays', () => {
    const objects = createObjects(config)
    objects.applyManifest(manifest)
    change(objects, 'Deployment', 'web', (object) => ({
      ...object,
      metadata: { ...object.metadata, labels: { ...object.metadata.labels, more: 'b' } },
      spec: { ...object.spec, paused: true },
    }))
    expect(objects.applyManifest(manifest)).toMatchObject({ updated: [], unchanged: 3 })
    expect(get(objects.snapshot(), 'Deployment', 'default/web')?.spec.paused).toBe(true)
  })
})
