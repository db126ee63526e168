import { expect, test } from 'vitest'
import { podOf } from '../../test/kubelet/bench.ts'
import type { Container, PodSpec } from '../api/core.ts'
import { rootProblem, unenforced } from './unenforced.ts'

const strict: object = { capabilities: { drop: ['ALL'] }, readOnlyRootFilesystem: true }
const grouped: object = { fsGroup: 7 }

test.each<[Partial<Container>, Partial<PodSpec>, readonly string[]]>([
  [{}, {}, []],
  [{ securityContext: { runAsUser: 1000 } }, { securityContext: {} }, []],
  [
    { securityContext: strict },
    { securityContext: grouped },
    ['its securityContext is not applied: capabilities, fsGroup, readOnlyRootFilesystem'],
  ],
  [
    { resources: { limits: { cpu: 1, memory: '1Gi' }, requests: { cpu: 1 } } },
    {},
    ['its limits are not applied: cpu, memory'],
  ],
])('%j in %j', (container, spec, wanted) => {
  expect(unenforced(podOf(spec), { name: 'a', ...container })).toEqual(wanted)
})

test.each<[Container['securityContext'], PodSpec['securityContext'], boolean]>([
  [{ runAsUser: 0, runAsNonRoot: true }, {}, true],
  [{ runAsUser: 0 }, { runAsNonRoot: true }, true],
  [{}, { runAsUser: 0, runAsNonRoot: true }, true],
  [{ runAsUser: 7 }, { runAsUser: 0, runAsNonRoot: true }, false],
  [{ runAsNonRoot: false }, { runAsUser: 0, runAsNonRoot: true }, false],
  [{ runAsUser: 0 }, {}, false],
  [{}, { runAsNonRoot: true }, false],
])('runAsNonRoot: %j in %j', (own, ofPod, broken) => {
  const problem = rootProblem(podOf({ ...(ofPod && { securityContext: ofPod }) }), {
    name: 'a',
    ...(own && { securityContext: own }),
  })
  expect(problem?.startsWith("container's runAsUser breaks non-root policy") ?? false).toBe(broken)
})
