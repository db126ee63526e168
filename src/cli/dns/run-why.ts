import type { Pod } from '../../api/core.ts'
import type { RunningNetwork } from '../../cluster/control/client.ts'
import { DNS_KINDS, dnsSnapshot } from '../../cluster/dns/objects.ts'
import { parseCIDR } from '../../lib/ip.ts'
import type { Observed } from '../../explain/dns/observed.ts'
import { isCutOff } from '../../explain/dns/observed-reasons.ts'
import { isQuestionName, QUESTION_TYPES } from '../../explain/dns/question-types.ts'
import { upstreamQuestion, upstreamReply, type UpstreamReply } from '../../explain/dns/upstream-reply.ts'
import { explainName, type WhyReport } from '../../explain/dns/why.ts'
import { whyText } from '../../explain/report/why.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import { MachineError, UsageError, type Context } from '../context.ts'
import { networkName, requireNetwork } from '../network-name.ts'
import { podHint, podPlace } from '../pod-place.ts'
import { observeDns } from './observe.ts'
import { readObjects } from './object-files.ts'
import { requireOneSource, zoneOptions, type DnsCommandOptions } from './options.ts'

export interface WhyOptions extends DnsCommandOptions {
  readonly name?: string
  readonly from?: string
  readonly type: string
  readonly format: 'text' | 'json'
}

/** `portolan dns why`: 0 where there is an answer, 1 where there is none. */
export async function runWhy(name: string, options: WhyOptions, context: Context): Promise<number> {
  const type = options.type.toUpperCase()
  if (!QUESTION_TYPES.includes(type)) {
    throw new UsageError(`--type ${JSON.stringify(options.type)}: say one of ${QUESTION_TYPES.join(', ')}`)
  }
  if (!isQuestionName(name)) {
    throw new UsageError(`${JSON.stringify(name)} is no name: labels have 1 to 63 characters, a name at most 253`)
  }
  const found = await objectsOf(options, context)
  if (found === undefined) return 2
  const { snapshot, zone: ofNetwork = {}, network, observe } = found
  const zone = { ...zoneOptions(options), ...ofNetwork }
  const asker = await askerOf(options.from ?? 'default/', found)
  const { namespace, pod } = asker
  const observed = await observe?.(asker)
  const explained = (replies: ReadonlyMap<string, UpstreamReply>): WhyReport =>
    explainName(
      snapshot,
      { ...zone, serverAddresses: [], synced: true },
      {
        name,
        type,
        namespace,
        ...(pod === undefined ? {} : { pod }),
        ...(observed && { observed: { ...observed, replies } }),
      },
    )
  const report = await askedUpstream(explained, network)
  context.stdout.write(options.format === 'json' ? `${JSON.stringify(report, null, 2)}\n` : whyText(report))
  const isCutOffHere = observed?.reached !== undefined && isCutOff(observed.reached)
  return report.tries.at(-1)?.result === 'answer' && !isCutOffHere ? 0 : 1
}

/** As the resolver does it: the next name when the servers upstream have none for this one. */
async function askedUpstream(
  explained: (replies: ReadonlyMap<string, UpstreamReply>) => WhyReport,
  network: RunningNetwork | undefined,
): Promise<WhyReport> {
  const replies = new Map<string, UpstreamReply>()
  for (;;) {
    const report = explained(replies)
    const { result, upstream } = report.tries.at(-1) ?? {}
    const key = upstream?.name.toLowerCase() ?? ''
    if (network === undefined || upstream === undefined || result !== 'upstream' || replies.has(key)) return report
    const { answer, milliseconds } = await network.askUpstream(upstreamQuestion(upstream.name, report.type))
    replies.set(key, upstreamReply(answer, report.type, milliseconds))
  }
}

interface Asker {
  readonly namespace: string
  readonly pod: Pod | undefined
}

interface Objects {
  readonly snapshot: Snapshot
  /** Of all kinds, where they are known. */
  readonly objects?: readonly unknown[]
  /** What a running network says of its zone. */
  readonly zone?: Partial<ReturnType<typeof zoneOptions>>
  readonly network?: RunningNetwork
  readonly observe?: (asker: Asker) => Promise<Observed>
}

/** Of the files, of a real cluster, else of the running network. Undefined where something in the files is wrong, which is printed. */
async function objectsOf(options: WhyOptions, context: Context): Promise<Objects | undefined> {
  requireOneSource(options)
  if (options.kubeconfig !== undefined || options.context !== undefined) return objectsOfCluster(options, context)
  if (options.objects !== undefined) {
    const snapshot = await readObjects(options.objects, context, 'nothing was explained')
    return snapshot && { snapshot }
  }
  const network = await requireNetwork(networkName(options.name, context))
  const { objects, clusterDomain, ranges, searchPath } = await network.snapshot()
  const zone = {
    clusterDomain,
    reverseCIDRs: ranges.flatMap((range) => parseCIDR(range) ?? []),
    ...(searchPath ? { autopath: [] } : {}),
  }
  const snapshot = dnsSnapshot(objects.map((value) => ({ kind: kindOf(value), value })))
  return {
    snapshot,
    objects,
    zone,
    network,
    observe: (asker) => observeDns(network, clusterDomain, asker, options, context),
  }
}

/** Read once, and not asked for more: what upstream says, and what becomes of packets, is known in networks of our own alone. */
async function objectsOfCluster(options: WhyOptions, context: Context): Promise<Objects> {
  if (options.name !== undefined)
    throw new UsageError('--kubeconfig and --context ask a real cluster: leave --name out')
  const { readCluster } = await import('../trace/cluster.ts')
  const { objects, refusals } = await readCluster(options, context)
  for (const kind of DNS_KINDS) {
    const refusal = refusals.get(`${kind.toLowerCase()}s`)
    if (refusal === undefined) continue
    if (kind !== 'Pod') throw new MachineError(refusal)
    context.stderr.write(`portolan: ${refusal}: none of them is known below\n`)
  }
  const snapshot = dnsSnapshot(objects.map((value) => ({ kind: kindOf(value), value })))
  return { snapshot, objects, observe: async () => ({ now: Date.now() }) }
}

function kindOf(value: unknown): string {
  return typeof value === 'object' && value !== null && 'kind' in value ? String(value.kind) : ''
}

/** A Pod, or `NAMESPACE/` for any Pod of the namespace. */
async function askerOf(from: string, { snapshot, objects = [] }: Objects): Promise<Asker> {
  if (/^[^/]+\/$/.test(from)) return { namespace: from.slice(0, -1), pod: undefined }
  const source = { snapshot: async () => ({ objects }) }
  const place = await podPlace(from, 'default', source)
  const { namespace, name } = place
  const pod = snapshot.objects.Pod.get(`${namespace}/${name}`)
  if (pod !== undefined) return { namespace, pod }
  throw new UsageError(`--from ${from}: there is no Pod ${namespace}/${name}${await podHint(place, source)}`)
}
