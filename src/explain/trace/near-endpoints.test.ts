import { expect, test } from 'vitest'
import { trace } from '../../../test/trace/manifests.ts'

const node = (name: string, zone: string): string => `
apiVersion: v1
kind: Node
metadata: {name: ${name}, labels: {${zone === '' ? '' : `topology.kubernetes.io/zone: ${zone}`}}}
---`
const pod = (name: string, place: string, app = 'web'): string => `
apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: shop, labels: {app: ${app}}}
spec: {nodeName: ${place}, containers: [{name: c, image: i, ports: [{containerPort: 80}]}]}
---`
const web = (distribution: string): string => `
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80}], trafficDistribution: ${distribution}}
`
const pods = pod('client', 'n1', 'client') + pod('a', 'n1') + pod('b', 'n2') + pod('c', 'n3')
const zones = node('n1', 'east') + node('n2', 'east') + node('n3', 'west')

test.each([
  ['PreferSameNode', zones, ['a']],
  ['PreferSameZone', zones, ['a', 'b']],
  ['PreferClose', zones, ['a', 'b']],
  ['PreferSameZone', node('n1', 'north') + node('n2', 'east') + node('n3', 'west'), ['a']],
  ['PreferSameZone', node('n1', 'east') + node('n2', 'east') + node('n3', ''), ['a', 'b', 'c']],
  ['PreferSameZone', '', ['a', 'b', 'c']],
])('%s', (distribution, nodes, wanted) => {
  const { paths } = trace(`${nodes}${pods}${web(distribution)}`, 'pod/client', 'http://web/')
  const reached = paths.flatMap(({ hops }) => hops.filter(({ kind }) => kind === 'endpoint').map(({ text }) => text))
  expect(reached.map((text) => /shop\/(\w+),/.exec(text)?.[1])).toEqual(wanted)
})
