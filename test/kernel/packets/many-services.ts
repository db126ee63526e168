import type { ServicePortInfo } from '../../../src/model/resolve-services.ts'
import type { BalancerContext } from '../../../src/proxy/load-balancer.ts'
import { balancerContextOf, IPV4, service } from '../../conformance/service-proxy/address-plan.ts'

export const BALANCER_CONTEXT: BalancerContext = balancerContextOf(IPV4)

/** Plain ClusterIP Services `s0`, `s1` ... at 10.97.x.y:80, of some endpoints each. */
export function manyServices(
  count: number,
  endpoints: readonly string[] = ['A:8080', 'C:8080'],
): readonly ServicePortInfo[] {
  return Array.from({ length: count }, (_, i) =>
    service({ name: `s${i}`, clusterIP: `10.97.${i >> 8}.${i & 255}`, endpoints }),
  )
}
