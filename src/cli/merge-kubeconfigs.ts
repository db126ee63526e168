import { spawnSync } from 'node:child_process'
import { UsageError } from './context.ts'

/** The text of one kubeconfig with all clusters, users and contexts: of equal names, and as the current one, the first counts. */
export function mergeKubeconfigs(paths: readonly string[]): string {
  const { stdout, stderr, status, error } = spawnSync('kubectl', ['config', 'view', '--flatten', '--raw'], {
    env: { ...process.env, KUBECONFIG: paths.join(':') },
    encoding: 'utf8',
  })
  if (error !== undefined) throw new UsageError('--merge needs kubectl, which is not on the PATH')
  if (status !== 0) throw new UsageError(`kubectl cannot read your kubeconfig: ${stderr.trim()}`)
  return stdout
}
