import { describe, expect, test } from 'vitest'
import { parseResourcePath } from './request-path.ts'

describe('parseResourcePath', () => {
  test.each([
    ['/api/v1/pods', { kind: 'Pod' }],
    ['/api/v1/namespaces', { kind: 'Namespace' }],
    ['/api/v1/namespaces/a', { kind: 'Namespace', name: 'a' }],
    ['/api/v1/namespaces/a/status', { kind: 'Namespace', name: 'a', subresource: 'status' }],
    ['/api/v1/namespaces/a/pods', { kind: 'Pod', namespace: 'a' }],
    ['/api/v1/namespaces/a/pods/', { kind: 'Pod', namespace: 'a' }],
    ['/api/v1/namespaces/a/pods/b', { kind: 'Pod', namespace: 'a', name: 'b' }],
    ['/api/v1/namespaces/a/pods/b/log', { kind: 'Pod', namespace: 'a', name: 'b', subresource: 'log' }],
    ['/api/v1/nodes/n', { kind: 'Node', name: 'n' }],
    ['/apis/apps/v1/deployments', { kind: 'Deployment' }],
    [
      '/apis/apps/v1/namespaces/a/deployments/b/scale',
      { kind: 'Deployment', namespace: 'a', name: 'b', subresource: 'scale' },
    ],
    ['/apis/discovery.k8s.io/v1/endpointslices', { kind: 'EndpointSlice' }],
    ['/api/v1/namespaces/a%2Db/pods', { kind: 'Pod', namespace: 'a-b' }],
  ])('%s', (path, expected) => {
    expect(parseResourcePath(path)).toEqual(expected)
  })

  test.each([
    ['/', 'no root'],
    ['/api/v1', 'a group, no resource'],
    ['/api/v2/pods', 'another version'],
    ['/apis/apps/v1/pods', 'a resource of another group'],
    ['/api/v1/pods/b', 'a name without its namespace'],
    ['/api/v1/namespaces/a/nodes', 'a kind without namespace in one'],
    ['/api/v1/namespaces/a/pods/b/log/more', 'more than a subresource'],
    ['/api/v1//pods', 'an empty part'],
    ['/api/v1/namespaces/a%2Fb/pods', 'a slash in a name'],
    ['/api/v1/namespaces/%zz/pods', 'a broken escape'],
    ['/other/v1/pods', 'another root'],
  ])('%s is no resource: %s', (path) => {
    expect(parseResourcePath(path)).toBeUndefined()
  })
})
