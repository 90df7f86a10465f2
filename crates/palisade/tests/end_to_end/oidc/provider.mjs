// An OpenID provider on a free port of this machine. It prints its issuer, and obeys lines on standard input:
// `rotate` gives it other keys and prints `rotated`. It ends with its standard input.

import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

import Provider from 'oidc-provider';

const secret = 'a-secret-of-32-characters-or-more';
const client = (client_id) => ({
  client_id,
  client_secret: secret,
  grant_types: ['client_credentials'],
  redirect_uris: [],
  response_types: [],
  id_token_signed_response_alg: 'ES256',
});

const signingKey = () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: randomUUID() };
};

// Tokens for the one resource are signed, those for the other opaque.
const resourceServer = (format) => ({
  scope: 'orders:read',
  audience: 'orders',
  accessTokenFormat: format,
  accessTokenTTL: 600,
  jwt: { sign: { alg: 'ES256' } },
});

const configuration = () => ({
  clients: [client('shop'), client('gateway')],
  jwks: { keys: [signingKey()] },
  scopes: ['orders:read'],
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    dPoP: { enabled: true, nonceSecret: Buffer.alloc(32, 7), requireNonce: () => false },
    introspection: { enabled: true, allowedPolicy: () => true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_ctx, resource) => resourceServer(resource.endsWith('/signed') ? 'jwt' : 'opaque'),
    },
  },
});

let handle;
const server = createServer((request, response) => handle(request, response));
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const start = () => {
    handle = new Provider(issuer, configuration()).callback();
  };
  start();
  console.log(`issuer ${issuer}`);
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      if (line === 'rotate') {
        start();
        console.log('rotated');
      }
    })
    .on('close', () => process.exit(0));
});
