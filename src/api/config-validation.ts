/** ConfigMap, Secret, ServiceAccount, Namespace, Node. */
import type { ConfigMap, Namespace, Node, Secret, ServiceAccount } from './core.ts'
import { forbidden, invalid, invalidEach, required, tooLong, type FieldError } from './field-error.ts'
import { equalJSON } from './merge-patch.ts'
import { validateLabels, validateObjectMeta, validateObjectMetaUpdate } from './meta-validation.ts'
import { cidrRange, configKey, dnsLabel, dnsSubdomain } from './syntax.ts'

const MAX_BYTES = 1024 * 1024
type Data = Readonly<Record<string, string>>

export function validateConfigMap(configMap: ConfigMap): readonly FieldError[] {
  return [...validateObjectMeta(configMap, dnsSubdomain, true), ...validateConfigMapData(configMap)]
}

export function validateConfigMapUpdate(configMap: ConfigMap, old: ConfigMap): readonly FieldError[] {
  return [
    ...validateObjectMetaUpdate(configMap, old),
    ...validateImmutable(old.immutable === true, configMap.immutable === true, {
      data: [configMap.data, old.data],
      binaryData: [configMap.binaryData, old.binaryData],
    }),
    ...validateConfigMapData(configMap),
  ]
}

function validateConfigMapData({ data = {}, binaryData = {} }: ConfigMap): readonly FieldError[] {
  const twice = Object.keys(binaryData)
    .filter((key) => Object.hasOwn(data, key))
    .map((key) => invalid(['binaryData', key], key, 'duplicate of key present in data'))
  return [
    ...validateKeys(data, 'data'),
    ...validateKeys(binaryData, 'binaryData'),
    ...twice,
    ...validateSize(data, binaryData),
  ]
}

function validateKeys(data: Data, field: string): readonly FieldError[] {
  return Object.keys(data).flatMap((key) => invalidEach([field, key], key, configKey(key)))
}

function validateSize(...maps: readonly Data[]): readonly FieldError[] {
  const size = maps.flatMap((map) => Object.values(map)).reduce((sum, text) => sum + text.length, 0)
  return size > MAX_BYTES ? [tooLong(['data'], MAX_BYTES)] : []
}

/** What was made immutable stays so, and its data with it. */
function validateImmutable(
  was: boolean,
  is: boolean,
  fields: Readonly<Record<string, readonly [unknown, unknown]>>,
): readonly FieldError[] {
  if (!was) return []
  const detail = 'field is immutable when `immutable` is set'
  const changed = Object.entries(fields).filter(([, [after, before]]) => !equalJSON(after, before))
  return [...(is ? [] : [forbidden(['immutable'], detail)]), ...changed.map(([field]) => forbidden([field], detail))]
}

/** The keys that a type promises to its readers. */
const SECRET_KEYS: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
}

export function validateSecret(secret: Secret): readonly FieldError[] {
  return [...validateObjectMeta(secret, dnsSubdomain, true), ...validateSecretData(secret)]
}

export function validateSecretUpdate(secret: Secret, old: Secret): readonly FieldError[] {
  const errors = [
    ...validateObjectMetaUpdate(secret, old),
    ...validateImmutable(old.immutable === true, secret.immutable === true, { data: [secret.data, old.data] }),
    ...validateSecretData(secret),
  ]
  return secret.type === old.type ? errors : [...errors, invalid(['type'], secret.type, 'field is immutable')]
}

function validateSecretData({ type = '', data = {} }: Secret): readonly FieldError[] {
  const promised = Object.hasOwn(SECRET_KEYS, type) ? (SECRET_KEYS[type] ?? []) : []
  const missing = promised.filter((key) => !Object.hasOwn(data, key))
  return [...validateKeys(data, 'data'), ...missing.map((key) => required(['data', key])), ...validateSize(data)]
}

export function validateNamespace(namespace: Namespace): readonly FieldError[] {
  return validateObjectMeta(namespace, dnsLabel, false)
}

export function validateNamespaceUpdate(namespace: Namespace, old: Namespace): readonly FieldError[] {
  return [
    ...validateObjectMetaUpdate(namespace, old),
    ...validateLabels(namespace.metadata.labels ?? {}, ['metadata', 'labels']),
  ]
}

export function validateNode(node: Node): readonly FieldError[] {
  return [...validateObjectMeta(node, dnsSubdomain, false), ...validateNodeSpec(node)]
}

export function validateNodeUpdate(node: Node, old: Node): readonly FieldError[] {
  const before = old.spec?.podCIDRs ?? []
  const fixed = before.length === 0 || equalJSON(before, node.spec?.podCIDRs)
  return [
    ...validateObjectMetaUpdate(node, old),
    ...validateLabels(node.metadata.labels ?? {}, ['metadata', 'labels']),
    ...validateNodeSpec(node),
    ...(fixed ? [] : [forbidden(['spec', 'podCIDRs'], 'node updates may not change podCIDR except from "" to valid')]),
  ]
}

function validateNodeSpec({ spec = {} }: Node): readonly FieldError[] {
  const { podCIDR, podCIDRs = [] } = spec
  const errors = podCIDRs.flatMap((range, i) => invalidEach(['spec', 'podCIDRs', i], range, cidrRange(range)))
  if (podCIDR !== undefined && podCIDRs.length > 0 && podCIDR !== podCIDRs[0]) {
    errors.push(invalid(['spec', 'podCIDR'], podCIDR, 'must match the first of `podCIDRs`'))
  }
  return errors
}

export function validateServiceAccount(account: ServiceAccount): readonly FieldError[] {
  return validateObjectMeta(account, dnsSubdomain, true)
}

export function validateServiceAccountUpdate(account: ServiceAccount, old: ServiceAccount): readonly FieldError[] {
  return [
    ...validateObjectMetaUpdate(account, old),
    ...validateLabels(account.metadata.labels ?? {}, ['metadata', 'labels']),
  ]
}
