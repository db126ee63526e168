import { describe, expect, test } from 'vitest'
import { parseManifest } from './parse.ts'

describe('kinds and apiVersions', () => {
  test.each<[string, string, boolean, string[]]>([
    ['v1', 'Service', true, []],
    ['apps/v1', 'Deployment', true, []],
    ['networking.k8s.io/v1', 'Ingress', true, []],
    [
      'extensions/v1beta1',
      'Ingress',
      false,
      ['1:13 warning: Ingress is kept as networking.k8s.io/v1 only, not as extensions/v1beta1: skipped'],
    ],
    [
      'node.k8s.io/v1',
      'RuntimeClass',
      false,
      ['2:7 warning: RuntimeClass is a Kubernetes kind that Portolan does not run: skipped'],
    ],
    ['v1', 'Servce', false, ['2:7 warning: unknown kind Servce: did you mean Service? Skipped']],
    ['v1', 'service', false, ['2:7 warning: unknown kind service: did you mean Service? Skipped']],
    ['apps/v1', 'Deploymnet', false, ['2:7 warning: unknown kind Deploymnet: did you mean Deployment? Skipped']],
    ['apps/v1', 'StatefullSet', false, ['2:7 warning: unknown kind StatefullSet: did you mean StatefulSet? Skipped']],
    // A kind of someone else's may be called as one of Kubernetes'.
    [
      'serving.knative.dev/v1',
      'Service',
      false,
      ['2:7 warning: Service (serving.knative.dev/v1) is not a kind of Kubernetes itself: skipped'],
    ],
    [
      'example.org/v1',
      'Pods',
      false,
      ['2:7 warning: Pods (example.org/v1) is not a kind of Kubernetes itself: skipped'],
    ],
    [
      'policy/v1beta1',
      'PodSecurityPolicy',
      false,
      ['2:7 warning: PodSecurityPolicy (policy/v1beta1) is not a kind of Kubernetes itself: skipped'],
    ],
    [
      'extensions/v1beta1',
      'Deployment',
      false,
      ['1:13 error: Deployment has the apiVersion apps/v1: found "extensions/v1beta1"'],
    ],
    ['v1', 'Deployment', false, ['1:13 error: Deployment has the apiVersion apps/v1: found "v1"']],
    ['apps/v1', 'Service', false, ['1:13 error: Service has the apiVersion v1: found "apps/v1"']],
    [
      'discovery.k8s.io/v1beta1',
      'EndpointSlice',
      false,
      ['1:13 error: EndpointSlice has the apiVersion discovery.k8s.io/v1: found "discovery.k8s.io/v1beta1"'],
    ],
  ])('%s %s', (apiVersion, kind, known, expected) => {
    const text = `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: a}\n`
    const { objects, diagnostics } = parseManifest(text, 'f')
    expect(objects.map((object) => object.known)).toEqual([known])
    expect(
      diagnostics.map(({ line, column, severity, message }) => `${line}:${column} ${severity}: ${message}`),
    ).toEqual(expected)
  })

  test('fields and name of a skipped object are its own business', () => {
    const text = 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n'
    const { diagnostics } = parseManifest(text, 'f')
    expect(diagnostics.map(({ code, hint }) => [code, hint])).toEqual([
      ['unknown-kind', 'run `kubectl kustomize DIR | portolan up -`'],
    ])
  })

  test.each([
    ['kind: Deployment\n', 'add `apiVersion: apps/v1`'],
    ['kind: Service\n', 'add `apiVersion: v1`'],
    ['apiVersion: v1\n', 'add what it is, for example `kind: Service`'],
    ['apiVersion: v1\nkind: Pod\n', 'add `metadata: { name: pod-1 }`'],
    ['apiVersion: v1\nkind: Pod\nmetadata:\n', 'add `name: pod-1` under metadata'],
  ])('%j', (text, hint) => {
    expect(parseManifest(text, 'f').diagnostics.map((diagnostic) => diagnostic.hint)).toEqual([hint])
  })
})
