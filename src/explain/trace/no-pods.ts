/** Why a selector finds no Pods: certain where something near it shows the mistake. */
import { isLabelledAtRunTime, nearestWorkload, podMaker } from '../check/explain-selection.ts'
import { elsewhere, withOwnLabels } from '../check/selection.ts'
import type { Service } from '../check/service.ts'
import { fail, unknown, type Details, type HopFinding } from './finding.ts'
import { refused } from './symptoms.ts'
import { isWhole, notGiven, seen, title, type World } from './world.ts'

export function noPods(world: World, service: Service, protocol: string): HopFinding {
  const selector = Object.entries(service.selector)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
  const path = ['spec', 'selector']
  const own = seen(world, service.object, path, `selector ${selector}`)
  const cause = causeOf(world, service)
  const text = `selector ${selector} matches no Pod`
  if (cause === undefined) {
    const details = { rule: 'PTL201', object: service.object, evidence: [own] }
    const isClosed = isWhole(world) || hasWorkloads(world, service.namespace)
    return isClosed
      ? fail('endpoint', text, refused(protocol), details)
      : unknown('endpoint', `${text}: ${notGiven(world)}`, details)
  }
  const { why, ...details } = cause
  const evidence = [own, ...(details.evidence ?? [])]
  return fail('endpoint', `${text}: ${why}`, refused(protocol), { ...details, object: service.object, evidence })
}

/** Pods that are given, and nothing that could make others. */
function hasWorkloads({ context, unread }: World, namespace: string): boolean {
  const makes = podMaker(context, namespace) !== undefined
  return !unread && !makes && context.workloads.some((workload) => workload.namespace === namespace)
}

function causeOf(world: World, service: Service): (Details & { readonly why: string }) | undefined {
  const [owner] = withOwnLabels(world.context, service)
  if (owner !== undefined && world.mode === 'static') {
    return {
      why: `${title(owner)} has these labels itself, its Pods do not`,
      rule: 'PTL202',
      evidence: [seen(world, owner.object, owner.labelsPath, 'the labels of its Pods')],
      fixes: [{ title: 'copy the labels into the template', location: world.locate(owner.object, owner.labelsPath) }],
    }
  }
  const nearest = nearestWorkload(world.context, service)
  const isLikely =
    nearest !== undefined && nearest.found !== undefined && !isLabelledAtRunTime(nearest, service.selector)
  if (nearest !== undefined && isLikely) {
    const { workload, key, wanted, found } = nearest
    const path = ['spec', 'selector', key]
    return {
      why: `${title(workload)} has ${key}=${found}, not ${wanted}`,
      rule: 'PTL201',
      evidence: [seen(world, workload.object, [...workload.labelsPath, key], `${key}: ${found}`)],
      fixes: [{ title: `${key}: ${found}`, location: world.locate(service.object, path) }],
    }
  }
  const [other] = elsewhere(world.context, service)
  if (other === undefined) return undefined
  return {
    why: `${title(other)} has these labels, in another namespace`,
    rule: 'PTL203',
    evidence: [seen(world, other.object, other.labelsPath, title(other))],
    fixes: [
      {
        title: `move the Service to namespace ${other.namespace}`,
        location: world.locate(service.object, ['metadata']),
      },
    ],
  }
}
