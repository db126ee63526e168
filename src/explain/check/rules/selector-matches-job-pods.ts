import { formatLabels } from '../../../model/selectors.ts'
import type { Check } from '../check.ts'
import { selectedBy } from '../context.ts'
import { nameOf } from '../wording.ts'
import { isJob } from '../workload.ts'

export const selectorMatchesJobPods: Check = {
  code: 'PTL205',
  name: 'selector-matches-job-pods',
  severity: 'warning',
  summary: 'A Service selects Pods of a Job or CronJob.',
  why: 'While the Job runs, its Pod is an endpoint and gets connections that it does not expect: they are refused. Finished Pods stay selected too, and `kubectl port-forward service/...` may pick one.',
  remediation: 'Select by a label that the Pods of the Job do not have.',
  examples: [
    {
      title: 'the migration has the labels of the application',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector:
# ^^^^^^^^ warning
    app: web
  ports: [{ port: 8080 }]
---
apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec: { containers: [{ name: web, ports: [{ containerPort: 8080 }] }] }
---
apiVersion: batch/v1
kind: Job
metadata: { name: migrate }
spec:
  template:
    metadata:
      labels: { app: web, job: migrate }
#     ------ the Pods of Job migrate
    spec: { restartPolicy: Never, containers: [{ name: migrate }] }
`,
    },
    {
      title: 'names for the Pods of a Job that talk to each other',
      yaml: `
apiVersion: v1
kind: Service
metadata: { name: workers }
spec:
  clusterIP: None
  selector: { job-name: workers }
---
apiVersion: batch/v1
kind: Job
metadata: { name: workers }
spec:
  completionMode: Indexed
  template:
    spec: { subdomain: workers, restartPolicy: Never, containers: [{ name: worker }] }
`,
    },
  ],
  run(context) {
    return context.services.flatMap((service) => {
      const workloads = selectedBy(context, service)
      const job = workloads.find(isJob)
      if (job === undefined || (service.headless && workloads.every(isJob))) return []
      return {
        object: service.object,
        path: ['spec', 'selector'],
        message: `connections to ${nameOf(service)} also go to ${nameOf(job)} while it runs, and are refused there: its Pods have the labels ${formatLabels(service.selector)}`,
        related: [{ object: job.object, path: job.labelsPath, message: `the Pods of ${nameOf(job)}` }],
      }
    })
  },
}
