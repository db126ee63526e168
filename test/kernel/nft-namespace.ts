/** Steps in network namespaces of their own: netlink transactions through koffi, and commands. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export type Step = { readonly netlink: Uint8Array } | { readonly run: readonly string[]; readonly input?: string }

export interface Result {
  /** What the kernel answered to a netlink step. */
  readonly replies: Uint8Array
  readonly status: number
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

const child = fileURLToPath(new URL('nft-child.mjs', import.meta.url))
const unshare = ['--user', '--map-root-user', '--net', '--mount', '--']

/** Runs all steps, one after the other, in one new namespace. */
export function inNamespace(steps: readonly Step[]): readonly Result[] {
  const wire = steps.map((step) =>
    'netlink' in step ? { netlink: Buffer.from(step.netlink).toString('base64') } : step,
  )
  const { status, stdout, stderr } = spawnSync('unshare', [...unshare, process.execPath, child], {
    encoding: 'utf8',
    input: JSON.stringify(wire),
    maxBuffer: 1 << 28,
  })
  if (status !== 0) throw new Error(`the steps' process ended with ${status}: ${stderr}`)
  const results: readonly Partial<Record<keyof Result, never>>[] = JSON.parse(stdout)
  return results.map((result) => ({
    status: result.status ?? 0,
    signal: result.signal ?? null,
    stdout: result.stdout ?? '',
    stderr: result.stderr ?? '',
    replies: Buffer.from(result.replies ?? '', 'base64'),
  }))
}

/** Why this machine cannot run the kernel tests; undefined where it can. With CI=true that is an error. */
export function missing(): string | undefined {
  const reason = probe()
  if (reason !== undefined && process.env['CI'] === 'true')
    throw new Error(`CI must run the kernel tests, but ${reason}`)
  return reason
}

function probe(): string | undefined {
  if (process.platform !== 'linux') return 'this is not Linux'
  if (spawnSync('nft', ['--version']).error !== undefined) return 'nft is not installed'
  try {
    const [nft] = inNamespace([{ run: ['nft', 'list', 'ruleset'] }])
    return nft?.status === 0 ? undefined : `nft does not work in a new namespace: ${nft?.stderr}`
  } catch (error) {
    return `a new namespace with netlink cannot be made: ${error instanceof Error ? error.message : String(error)}`
  }
}

/** The sets and chains of a listing, each under its table, elements sorted: the kernel keeps both in an order of its own. */
export function blocks(listing: string | undefined): readonly string[] {
  const text = (listing ?? '').replaceAll(/,\s*\n\s*/g, ', ').replaceAll(/(?<=elements = \{ ).*(?= \})/g, sortList)
  return text
    .split(/^(?=table )/m)
    .flatMap((table) =>
      [...table.matchAll(/^\t\w.*?^\t\}/gms)].map(([block]) => `${table.split('\n', 1)[0]}\n${block}`),
    )
    .sort()
}

function sortList(elements: string): string {
  return elements.split(', ').sort().join(', ')
}
