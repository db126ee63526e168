import { describe, expect, test } from 'vitest'
import { checkInputs } from './check-inputs.ts'

const LABELS = 'commonLabels: { team: shop }\n'
const kustomization = (resources: string, more = ''): string =>
  `apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: ${resources}\n${more}`
const SERVICE =
  'apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec: { selector: { app: web }, ports: [{ port: 80 }] }\n'
const pod = (name: string, labels: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name}, labels: { ${labels} } }\nspec: { containers: [{ name: c }] }\n`

interface Row {
  readonly name: string
  readonly files: Readonly<Record<string, string>>
  readonly finds?: RegExp
}

const ROWS: readonly Row[] = [
  {
    name: 'the Pods are in a file that the Kustomization does not take in',
    files: {
      'a/kustomization.yaml': kustomization('[service.yaml]', LABELS),
      'a/service.yaml': SERVICE,
      'b/pod.yaml': pod('web', 'app: web'),
    },
    finds: /adds team=shop to the selector of Service web, and not to the Pods of Pod web, .*nothing will answer/,
  },
  {
    name: 'some of the Pods',
    files: {
      'a/kustomization.yaml': kustomization('[./service.yaml, pod.yaml]', LABELS),
      'a/service.yaml': SERVICE,
      'a/pod.yaml': pod('web', 'app: web'),
      'b/pod.yaml': pod('old', 'app: web'),
    },
    finds: /Pods of Pod old, .*they get no connection any more/,
  },
  {
    name: 'labels with includeSelectors',
    files: {
      'a/kustomization.yaml': kustomization(
        '[service.yaml]',
        'labels: [{ includeSelectors: true, pairs: { team: shop } }]\n',
      ),
      'a/service.yaml': SERVICE,
      'b/pod.yaml': pod('web', 'app: web'),
    },
    finds: /adds team=shop/,
  },
  {
    name: 'an overlay takes the base in',
    files: {
      'overlays/prod/kustomization.yaml': kustomization('[../../base]', LABELS),
      'base/kustomization.yaml': kustomization('[service.yaml, pod.yaml]'),
      'base/service.yaml': SERVICE,
      'base/pod.yaml': pod('web', 'app: web'),
    },
  },
  {
    name: 'two Kustomizations add the same',
    files: {
      'a/kustomization.yaml': kustomization('[service.yaml]', LABELS),
      'a/service.yaml': SERVICE,
      'b/kustomization.yaml': kustomization('[pod.yaml]', LABELS),
      'b/pod.yaml': pod('web', 'app: web'),
    },
  },
  {
    name: 'the Pods have the label already',
    files: {
      'kustomization.yaml': kustomization('[service.yaml]', LABELS),
      'service.yaml': SERVICE,
      'pod.yaml': pod('web', 'app: web, team: shop'),
    },
  },
  {
    name: 'Kustomizations that take each other in',
    files: {
      'a/kustomization.yaml': kustomization('[../b, service.yaml]', LABELS),
      'a/service.yaml': SERVICE,
      'b/kustomization.yaml': kustomization('[../a, pod.yaml]'),
      'b/pod.yaml': pod('web', 'app: web'),
    },
  },
]

describe('PTL214', () => {
  test.each(ROWS)('$name', ({ files, finds }) => {
    const inputs = Object.entries(files).map(([file, text]) => ({ file, text, lenient: true }))
    const found = checkInputs(inputs).findings.filter(({ code }) => code === 'PTL214')
    expect(found.map(({ location }) => location.file)).toEqual(
      finds === undefined ? [] : [expect.stringMatching(/^a\/kustomization\.yaml$/)],
    )
    expect(found[0]?.message ?? '').toMatch(finds ?? /^$/)
  })
})
