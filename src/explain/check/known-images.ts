/** Ports that well-known images listen on without any setting (their EXPOSE). */

const PORTS: Readonly<Record<string, readonly number[]>> = {
  adminer: [8080],
  caddy: [80, 443],
  couchdb: [5984],
  elasticsearch: [9200, 9300],
  ghost: [2368],
  'grafana/grafana': [3000],
  'hashicorp/http-echo': [5678],
  httpd: [80],
  influxdb: [8086],
  'jenkins/jenkins': [8080, 50000],
  'kennethreitz/httpbin': [80],
  mariadb: [3306],
  memcached: [11211],
  mongo: [27017],
  mysql: [3306, 33060],
  nats: [4222, 6222, 8222],
  neo4j: [7474, 7687],
  nginx: [80],
  'nginxinc/nginx-unprivileged': [8080],
  phpmyadmin: [80],
  postgres: [5432],
  'prom/prometheus': [9090],
  redis: [6379],
  'traefik/whoami': [80],
  wordpress: [80],
  zookeeper: [2181, 2888, 3888, 8080],
}

/** `nginx` of `docker.io/library/nginx:1.29@sha256:...`: without registry of Docker, tag and digest. */
export function imageName(image: string): string {
  const plain = image.replace(/@.*$/, '').replace(/:[^:/]*$/, '')
  return plain.replace(/^(?:docker\.io|index\.docker\.io)\//, '').replace(/^library\//, '')
}

/** Empty for images that are not known, and for variants that run another program (`wordpress:fpm`). */
export function imagePorts(image: string): readonly number[] {
  const name = imageName(image)
  if (/:[^/]*(?:fpm|cli)/.test(image) || !Object.hasOwn(PORTS, name)) return []
  return PORTS[name] ?? []
}
