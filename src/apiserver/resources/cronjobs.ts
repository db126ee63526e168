import type { CronJob } from '../../api/batch.ts'
import { setDefaultsCronJob } from '../../api/batch-defaults.ts'
import { validateCronJob, validateCronJobUpdate } from '../../api/cron-job-validation.ts'
import { plainStrategy, withStatusOf, type Strategy } from './strategy.ts'

export const cronjobs: Strategy<CronJob> = plainStrategy({
  setDefaults: setDefaultsCronJob,
  initial: (cronJob) => ({ ...cronJob, status: {} }),
  carryOver: withStatusOf,
  validate: validateCronJob,
  validateUpdate: validateCronJobUpdate,
  warnings: () => [],
  createsOnUpdate: false,
})
