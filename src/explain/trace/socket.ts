/** Hop 9 from manifests: what they say about who listens. */
import { isImageCertain, listenFacts, portFacts, type ListenFact } from '../check/evidence.ts'
import type { Service, ServicePort } from '../check/service.ts'
import { declaredPorts, type Container, type Workload } from '../check/workload.ts'
import { type Family, familyOf } from './families.ts'
import { fail, ok, unknown, warn, type HopFinding } from './finding.ts'
import type { TraceFix } from './report.ts'
import { refused } from './symptoms.ts'
import { seen, type World } from './world.ts'

export interface SocketQuestion {
  readonly workload: Workload
  readonly number: number
  readonly protocol: string
  readonly loopback: boolean
  readonly service?: Service | undefined
  readonly servicePort?: ServicePort | undefined
  readonly family?: Family | undefined
}

const LOOPBACK = /^(?:127\.|localhost$|::1$)/

export function declaredSocket(world: World, question: SocketQuestion): HopFinding {
  const { workload, number, protocol } = question
  const { object } = workload
  const declared = declaredPorts(workload).find((port) => port.containerPort === number && port.protocol === protocol)
  const bound = question.loopback ? undefined : boundToLoopback(workload.containers, declared?.container, number)
  if (bound !== undefined) {
    return fail('socket', `the program is told to listen on ${bound.host} only (${bound.text})`, refused(protocol), {
      rule: 'PTL309',
      object,
      evidence: [seen(world, object, bound.path, bound.text)],
      fixes: [{ title: 'listen on 0.0.0.0 or ::', location: world.locate(object, bound.path) }],
    })
  }
  const other = question.family === undefined ? undefined : boundToOther(workload.containers, number, question.family)
  if (other !== undefined) {
    const text = `the program is told to listen on ${other.host}, which takes no ${question.family} (${other.text})`
    return fail('socket', text, refused(protocol), {
      rule: 'PTL310',
      object,
      evidence: [seen(world, object, other.path, other.text)],
      fixes: [{ title: 'listen on ::', location: world.locate(object, other.path) }],
    })
  }
  if (declared !== undefined)
    return declaredHop(world, question, declared.container, [...declared.path, 'containerPort'])
  return undeclaredHop(world, question)
}

function boundToLoopback(
  containers: readonly Container[],
  declaring: Container | undefined,
  number: number,
): ListenFact | undefined {
  return containers
    .flatMap((container) => listenFacts(container).map((fact) => ({ container, fact })))
    .find(
      ({ container, fact }) =>
        LOOPBACK.test(fact.host) && (fact.port ?? (container === declaring ? number : 0)) === number,
    )?.fact
}

/** `::` takes IPv4 too, unless the program asks for IPv6 alone. */
function boundToOther(containers: readonly Container[], number: number, family: Family): ListenFact | undefined {
  const facts = containers.flatMap(listenFacts).filter((fact) => fact.port === number && fact.host !== '')
  const takes = ({ host }: ListenFact): boolean => (familyOf(host) ?? family) === family || host === '::'
  return facts.some(takes) ? undefined : facts[0]
}

function declaredHop(
  world: World,
  { workload, number, protocol }: SocketQuestion,
  container: Container,
  path: SocketPath,
): HopFinding {
  const told = listenFacts(container).filter(({ port }) => port !== undefined)
  const evidence = [seen(world, workload.object, path, `containerPort: ${number}`)]
  const [other] = told
  const details = { object: workload.object, evidence }
  const kind = protocol === 'TCP' ? '' : `/${protocol}`
  if (other === undefined || told.some(({ port }) => port === number)) {
    return ok('socket', `container ${container.name} declares containerPort ${number}${kind}`, details)
  }
  return warn('socket', `container ${container.name} declares ${number}${kind}, but is told ${other.text}`, {
    ...details,
    rule: 'PTL308',
    evidence: [...evidence, seen(world, workload.object, other.path, other.text)],
  })
}

type SocketPath = readonly (string | number)[]

function undeclaredHop(world: World, question: SocketQuestion): HopFinding {
  const { workload, number, protocol } = question
  const { object, containers } = workload
  const ports = declaredPorts(workload)
  const declared = ports.map(
    ({ containerPort, protocol }) => `${containerPort}${protocol === 'TCP' ? '' : `/${protocol}`}`,
  )
  const text = `no container declares ${number}/${protocol}`
  const certain = containers.flatMap((container) => {
    const told = listenFacts(container).flatMap(({ port, text, path }) =>
      port === undefined ? [] : { port, text, path },
    )
    return isImageCertain(container) ? [...told, ...portFacts(container)] : told
  })
  const [fact] = certain
  if (fact !== undefined && !certain.some(({ port }) => port === number)) {
    return fail('socket', `nothing will listen on ${number}: ${fact.text}`, refused(protocol), {
      rule: 'PTL302',
      object,
      evidence: [...targetEvidence(world, question), seen(world, object, fact.path, fact.text)],
      fixes: targetFix(world, question, fact.port),
    })
  }
  const other = ports.find((port) => port.containerPort === number)
  const [evidence, rule] =
    other === undefined
      ? [
          [seen(world, object, [...workload.podPath, 'containers'], `declared: ${declared.join(', ') || 'nothing'}`)],
          'PTL303',
        ]
      : [[seen(world, object, other.path, `containerPort ${number} is ${other.protocol}`)], 'PTL304']
  const has = declared.length === 0 ? '' : ` (declared: ${declared.join(', ')})`
  return unknown('socket', `${text}${has}: whether a program listens there is not in the manifests`, {
    rule,
    object,
    evidence,
  })
}

function targetEvidence(world: World, { service, servicePort }: SocketQuestion) {
  if (service === undefined || servicePort === undefined) return []
  const path = ['spec', 'ports', service.ports.indexOf(servicePort), 'targetPort']
  return [seen(world, service.object, path, `targetPort: ${servicePort.target}`)]
}

/** What to write so that the Service meets the program. */
export function targetFix(
  world: World,
  { service, servicePort }: Pick<SocketQuestion, 'service' | 'servicePort'>,
  port: number,
): readonly TraceFix[] {
  if (service === undefined || servicePort === undefined) return []
  const path = ['spec', 'ports', service.ports.indexOf(servicePort), 'targetPort']
  return [{ title: `targetPort: ${port}`, location: world.locate(service.object, path) }]
}
