/** What the admission plugin DefaultIngressClass does to a new Ingress: without a class it gets the default one. */
import type { StoredKinds } from '../api/stored-kinds.ts'
import { list, type Snapshot } from '../model/snapshot.ts'

type Ingress = StoredKinds['Ingress']
type IngressClass = StoredKinds['IngressClass']

const IS_DEFAULT = 'ingressclass.kubernetes.io/is-default-class'
/** How Ingresses named their class before there was a field for it. */
const CLASS_ANNOTATION = 'kubernetes.io/ingress.class'

export function admitIngressClass(ingress: Ingress, snapshot: Snapshot): Ingress {
  const { metadata, spec } = ingress
  if (spec?.ingressClassName !== undefined || metadata.annotations?.[CLASS_ANNOTATION] !== undefined) return ingress
  const [chosen] = list(snapshot, 'IngressClass').filter(isDefault).toSorted(newestFirst)
  return chosen === undefined ? ingress : { ...ingress, spec: { ...spec, ingressClassName: chosen.metadata.name } }
}

function isDefault({ metadata }: IngressClass): boolean {
  return metadata.annotations?.[IS_DEFAULT] === 'true'
}

/** Of the same second: by name. */
function newestFirst({ metadata: left }: IngressClass, { metadata: right }: IngressClass): number {
  const [before, after] = [left.creationTimestamp ?? '', right.creationTimestamp ?? '']
  if (before !== after) return before > after ? -1 : 1
  return left.name < right.name ? -1 : 1
}
