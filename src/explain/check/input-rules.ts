/** The rules about the input itself, which run before and after all others. */
import type { Check } from './check.ts'

/** What a rule is to its reader. */
export type RulePage = Omit<Check, 'run'>

export const inputUnreadable: RulePage = {
  code: 'PTL001',
  name: 'input-unreadable',
  severity: 'error',
  summary: 'Part of the input cannot be read.',
  why: 'What cannot be read cannot be applied either. It may hold the very object that something else misses, so that all findings of the kind "there is none" become warnings in the same run.',
  remediation:
    'Correct the text. Templates have to be rendered first: `helm template . | portolan check -`, `kubectl kustomize . | portolan check -`.',
  examples: [
    {
      title: 'no word on what it is',
      yaml: `
apiVersion: v1
#^^^^^^^^^ error
metadata: { name: web }
spec: { type: ExternalName, externalName: www.example.com }
`,
    },
    {
      title: 'a Service',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { type: ExternalName, externalName: www.example.com }
`,
    },
  ],
}

export const unusedSuppression: RulePage = {
  code: 'PTL003',
  name: 'unused-suppression',
  severity: 'info',
  summary: 'A comment, annotation or configuration entry that silences a rule silences nothing.',
  why: 'The finding is gone, or the code is wrong. What stays behind would hide the next fault of the kind without a word.',
  remediation: 'Remove it. A comment needs a reason after a colon, for whoever reads it next.',
  examples: [
    {
      title: 'the fault was corrected',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  type: ExternalName
  externalName: www.example.com # portolan-ignore PTL112: the resolver takes it
#                               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ info
`,
    },
    {
      title: 'still needed',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  type: ExternalName
  externalName: 192.0.2.10 # portolan-ignore PTL112: the resolver takes it
`,
    },
  ],
}
