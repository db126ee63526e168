import type { Job } from '../../api/batch.ts'
import { setDefaultsJob } from '../../api/batch-defaults.ts'
import { validateJob, validateJobUpdate } from '../../api/job-validation.ts'
import { plainStrategy, withStatusOf, type Strategy } from './strategy.ts'

const [UID_LABEL, NAME_LABEL] = ['batch.kubernetes.io/controller-uid', 'batch.kubernetes.io/job-name']

export const jobs: Strategy<Job> = plainStrategy({
  setDefaults: setDefaultsJob,
  initial: (job) => ({ ...job, status: {} }),
  carryOver: (job, old) => withSelectorOf(withStatusOf(job, old), old),
  identify: withOwnSelector,
  validate: validateJob,
  validateUpdate: validateJobUpdate,
  warnings: () => [],
  createsOnUpdate: false,
})

/** A Job's Pods are told by its uid, unless its creator says otherwise. */
function withOwnSelector(job: Job): Job {
  const { metadata, spec } = job
  const { uid = '', name } = metadata
  if (spec.manualSelector === true) return job
  const labels = { [UID_LABEL]: uid, [NAME_LABEL]: name, 'controller-uid': uid, 'job-name': name }
  return {
    ...job,
    spec: {
      ...spec,
      selector: { ...spec.selector, matchLabels: { ...spec.selector?.matchLabels, [UID_LABEL]: uid } },
      template: withLabels(spec.template, labels),
    },
  }
}

function withLabels(
  template: Job['spec']['template'],
  labels: Readonly<Record<string, string>>,
): Job['spec']['template'] {
  return { ...template, metadata: { ...template.metadata, labels: { ...template.metadata?.labels, ...labels } } }
}

/** Who replaces a Job from its manifest need not know what was added to it. */
function withSelectorOf(job: Job, old: Job): Job {
  if (job.spec.selector !== undefined || old.spec.selector === undefined) return job
  const made = Object.entries(old.spec.template.metadata?.labels ?? {}).filter(([label]) =>
    [UID_LABEL, NAME_LABEL, 'controller-uid', 'job-name'].includes(label ?? ''),
  )
  const { selector } = old.spec
  return { ...job, spec: { ...job.spec, selector, template: withLabels(job.spec.template, Object.fromEntries(made)) } }
}
