// An editor: opens documents, types, and prints what the server shows, one line of JSON for each step.
import { spawn } from 'node:child_process';
import { createProtocolConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-languageserver-protocol/node.js';

const [program, folder] = process.argv.slice(-2);
const server = spawn(program, ['lsp', '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
const connection = createProtocolConnection(
  new StreamMessageReader(server.stdout), new StreamMessageWriter(server.stdin));
const say = (step, value) => console.log(JSON.stringify({ step, value }));

const waiting = [];
connection.onNotification('textDocument/publishDiagnostics', (shown) => {
  const at = waiting.findIndex(({ wanted }) => wanted(shown));
  if (at >= 0) waiting.splice(at, 1)[0].resolve(shown);
});
// The next diagnostics of a file, in this version of it.
const shown = (uri, version) => new Promise((resolve) => waiting.push({
  wanted: (params) => params.uri === uri && (version === undefined || params.version === version), resolve }));
const codes = ({ diagnostics }) => diagnostics.map(({ code }) => code).sort();

connection.listen();
const { capabilities } = await connection.sendRequest('initialize', {
  processId: process.pid, rootUri: null,
  capabilities: { general: { positionEncodings: ['utf-16'] }, textDocument: { publishDiagnostics: {} } },
});
say('encoding', capabilities.positionEncoding);
await connection.sendNotification('initialized', {});

const root = `file://${folder}/openapi.yaml`, item = `file://${folder}/orders.yaml`;
const text = [
  'openapi: 3.1.0', "info: { title: \u{1d11e} Orders, version: '1', contact: { name: us } }",
  "servers: [{ description: '\u{1d11e}\u00e9', url: 'http://api.example/v1', x-internal: false }]",
  'paths:', '  /orders: { $ref: orders.yaml }', ''].join('\n');
const notification = (name, params) => connection.sendNotification(`textDocument/${name}`, params);
const open = (uri, text) => notification('didOpen', { textDocument: { uri, languageId: 'yaml', version: 1, text } });

let next = shown(root, 1);
await open(root, text);
const first = await next;
const plain = first.diagnostics.find(({ code }) => code === 'plain-http');
say('plain-http', plain);

// The file that is referred to, as it is typed and not as it is saved.
next = shown(item, 1);
await open(item, "get: { security: [], responses: { '200': { description: ok } } }\n");
const before = codes(await next);
next = shown(item, 2);
await notification('didChange', {
  textDocument: { uri: item, version: 2 },
  contentChanges: [{ range: { start: { line: 0, character: 0 }, end: { line: 0, character: 3 } }, text: 'delete' }],
});
say('item', { before, after: codes(await next) });

const hover = await connection.sendRequest('textDocument/hover', {
  textDocument: { uri: root }, position: plain.range.start });
say('hover', hover.contents);
say('nowhere', await connection.sendRequest('textDocument/hover', {
  textDocument: { uri: root }, position: { line: 0, character: 0 } }));

const actions = await connection.sendRequest('textDocument/codeAction', {
  textDocument: { uri: root }, range: plain.range, context: { diagnostics: [plain] } });
say('actions', actions.map(({ title, kind, isPreferred }) => ({ title, kind, isPreferred })));
next = shown(root, 3);
const edits = actions.find(({ title }) => title.startsWith('plain-http:')).edit.changes[root];
await notification('didChange', {
  textDocument: { uri: root, version: 3 },
  contentChanges: edits.map(({ range, newText }) => ({ range, text: newText })),
});
say('mended', codes(await next).includes('plain-http'));

next = shown(root);
await notification('didClose', { textDocument: { uri: root } });
say('closed', codes(await next));
await connection.sendRequest('shutdown');
await connection.sendNotification('exit');
server.on('exit', (status) => { say('exit', status); process.exit(0); });
