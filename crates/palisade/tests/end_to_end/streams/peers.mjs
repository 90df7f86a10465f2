// A server of gRPC and one of WebSockets on free ports of this machine, and clients of both. It prints the ports, then
// obeys lines on standard input, each a JSON object with `call` and the `address` of the gateway, and prints what the
// client saw as JSON. It ends with its standard input.

import { createInterface } from 'node:readline';
import { Client, Metadata, Server, ServerCredentials, credentials, status } from '@grpc/grpc-js';
import { WebSocket, WebSocketServer } from 'ws';

const bytes = { serialize: (value) => value, deserialize: (value) => value };
const method = (name, requestStream, responseStream) => ({
  path: `/orders.Orders/${name}`,
  requestStream,
  responseStream,
  requestSerialize: bytes.serialize,
  requestDeserialize: bytes.deserialize,
  responseSerialize: bytes.serialize,
  responseDeserialize: bytes.deserialize,
});
const methods = {
  get: method('Get', false, false),
  watch: method('Watch', false, true),
  chat: method('Chat', true, true),
  fail: method('Fail', false, false),
  wait: method('Wait', false, false),
};

const server = new Server();
server.addService(methods, {
  get(call, answer) {
    const trailers = new Metadata();
    trailers.set('x-trailer', 'after');
    answer(null, Buffer.concat([Buffer.from('got '), call.request]), trailers);
  },
  watch(call) {
    for (const number of [1, 2, 3]) call.write(Buffer.from(`event ${number}`));
    const trailers = new Metadata();
    trailers.set('x-trailer', 'watched');
    call.end(trailers);
  },
  chat(call) {
    call.on('data', (message) => call.write(Buffer.from(`re: ${message}`)));
    call.on('end', () => call.end());
  },
  fail(call, answer) {
    const metadata = new Metadata();
    metadata.set('x-why', 'sold out');
    answer({ code: status.FAILED_PRECONDITION, details: 'no tea', metadata });
  },
  wait() {},
});
const grpcPort = await new Promise((resolve, reject) =>
  server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => (error ? reject(error) : resolve(port))),
);

const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: true, handleProtocols: () => 'chat' });
sockets.on('connection', (socket) => socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })));
await new Promise((resolve) => sockets.once('listening', resolve));
console.log(`ports ${grpcPort} ${sockets.address().port}`);

const ended = (call) =>
  new Promise((resolve) => {
    const seen = { messages: [], code: null, details: '', trailers: {} };
    call.on('data', (message) => seen.messages.push(message.toString()));
    call.on('error', () => {});
    call.on('status', ({ code, details, metadata }) => {
      resolve({ ...seen, code, details, trailers: metadata.getMap() });
    });
  });

const unary = (client, name, metadata, options) =>
  new Promise((resolve) => {
    const seen = { messages: [] };
    const { path, requestSerialize, responseDeserialize } = methods[name];
    const call = client.makeUnaryRequest(path, requestSerialize, responseDeserialize, Buffer.from('tea'), metadata, options, (error, value) => {
      if (value) seen.messages.push(value.toString());
    });
    call.on('status', ({ code, details, metadata: trailers }) => {
      // After the callback.
      setImmediate(() => resolve({ ...seen, code, details, trailers: trailers.getMap() }));
    });
  });

async function grpc({ call: name, address, token, deadline, count = 1 }) {
  const client = new Client(address, credentials.createInsecure());
  const metadata = new Metadata();
  if (token) metadata.set('authorization', token);
  const options = deadline ? { deadline: Date.now() + deadline } : {};
  try {
    const { path, requestSerialize, responseDeserialize } = methods[name];
    if (name === 'watch') {
      return await ended(client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, Buffer.from('x'), metadata));
    }
    if (name === 'chat') {
      const chat = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata);
      const whole = ended(chat);
      // Each message waits for the answer to the one before: neither direction may wait for the other's end.
      for (const text of ['one', 'two', 'three']) {
        chat.write(Buffer.from(text));
        await new Promise((resolve) => chat.once('data', resolve));
      }
      chat.end();
      return await whole;
    }
    const calls = Array.from({ length: count }, () => unary(client, name, metadata, options));
    const seen = await Promise.all(calls);
    return count === 1 ? seen[0] : seen;
  } finally {
    client.close();
  }
}

function socket({ address, path }) {
  return new Promise((resolve) => {
    const client = new WebSocket(`ws://${address}${path}`, ['chat'], { perMessageDeflate: true });
    const seen = { messages: [], protocol: '', extensions: '', code: null, error: '' };
    const texts = ['hello', 'x'.repeat(100000)];
    client.on('open', () => {
      seen.protocol = client.protocol;
      seen.extensions = client.extensions;
      texts.forEach((text) => client.send(text));
    });
    client.on('message', (data) => {
      seen.messages.push(data.length < 100 ? data.toString() : data.length);
      if (seen.messages.length === texts.length) client.close(1000, 'done');
    });
    client.on('error', (error) => (seen.error = error.message));
    client.on('close', (code) => resolve({ ...seen, code }));
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  console.log(`seen ${JSON.stringify(await (asked.call === 'socket' ? socket(asked) : grpc(asked)))}`);
}
process.exit();
