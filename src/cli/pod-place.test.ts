import { expect, test } from 'vitest'
import type { JsonValue } from '../manifest/node.ts'
import { podHint, podPlace } from './pod-place.ts'

const object = (kind: string, namespace: string, name: string, owner?: readonly [string, string]): JsonValue => ({
  apiVersion: 'v1',
  kind,
  metadata: {
    name,
    namespace,
    ...(owner === undefined ? {} : { ownerReferences: [{ kind: owner[0], name: owner[1] }] }),
  },
})
const OBJECTS = [
  object('Deployment', 'shop', 'api'),
  object('ReplicaSet', 'shop', 'api-1', ['Deployment', 'api']),
  object('Pod', 'shop', 'api-1-a', ['ReplicaSet', 'api-1']),
  object('Pod', 'shop', 'api-1-b', ['ReplicaSet', 'api-1']),
  object('StatefulSet', 'default', 'db'),
  object('Pod', 'default', 'db-0', ['StatefulSet', 'db']),
]
const NETWORK = { snapshot: async () => ({ objects: OBJECTS }) }
const found = async (text: string, namespace = 'default'): Promise<string> => {
  const place = await podPlace(text, namespace, NETWORK)
  return `${place.namespace}/${place.name} ${place.others}`
}

test.for<readonly [string, string]>([
  ['web', 'default/web 0'],
  ['pod/web', 'default/web 0'],
  ['shop/web', 'shop/web 0'],
  ['shop/pod/web', 'shop/web 0'],
  ['pod/shop/web', 'shop/web 0'],
  ['sts/db', 'default/db-0 0'],
  ['shop/deploy/api', 'shop/api-1-a 1'],
  ['deployment/shop/api', 'shop/api-1-a 1'],
])('%s', async ([text, place]) => {
  expect(await found(text)).toBe(place)
})

test('a namespace that is given aside', async () => {
  expect(await found('deploy/api', 'shop')).toBe('shop/api-1-a 1')
})

test.for<readonly [string, RegExp]>([
  ['deploy/api', /^Deployment default\/api has no Pod in this network$/],
  ['a/b/c', /^"a\/b\/c" is no Pod: say NAME, /],
  ['pod/deploy/x', /is no Pod/],
  ['node/node-1', /is no Pod/],
  ['', /is no Pod/],
])('%s is none', async ([text, words]) => {
  await expect(found(text)).rejects.toThrow(words)
})

test('who says the name of a Deployment is told of its Pods', async () => {
  const place = { namespace: 'shop', name: 'api', others: 0 }
  expect(await podHint(place, NETWORK)).toBe(': say shop/deploy/api or shop/api-1-a')
  expect(await podHint({ ...place, namespace: 'default' }, NETWORK)).toBe('')
})
