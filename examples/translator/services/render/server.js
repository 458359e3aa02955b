// Draws the translation over the picture: asks the service `translator`, answers with an SVG.
'use strict';

const http = require('node:http');
const { page } = require('./page');
const { draw } = require('./drawing');

const PORT = Number(process.env.PORT || 3000);
const GATEWAY = process.env.LADING_GATEWAY || 'http://127.0.0.1:8080';
const MOST_BYTES = 20 * 1024 * 1024;
const PASSED_ON = ['x-request-id', 'traceparent', 'tracestate'];
const SECONDS = 60;

/** An answer that is not the one that was asked for, as RFC 9457 has it. */
class Problem extends Error {
  constructor(status, code, detail) {
    super(detail);
    this.status = status;
    this.body = { type: 'about:blank', status, code, detail };
  }
}

async function answer(request, response) {
  const url = new URL(request.url, 'http://render');
  const route = `${request.method} ${url.pathname}`;
  if (route === 'GET /healthz') return send(response, 200, 'text/plain', 'ok\n');
  if (route === 'GET /') {
    const prefix = request.headers['x-forwarded-prefix'] || '';
    return send(response, 200, 'text/html; charset=utf-8', page(prefix));
  }
  if (route !== 'POST /svg') {
    throw new Problem(404, 'not_found', 'there are GET / and POST /svg?to=en here');
  }
  const { picture, to } = await asked(request, url);
  const translated = await translate(request, picture, to);
  return send(response, 200, 'image/svg+xml; charset=utf-8', draw(picture, translated));
}

/** The picture and the language: a form's, or the body itself and the query's. */
async function asked(request, url) {
  const body = await read(request);
  const type = request.headers['content-type'] || '';
  const form = type.startsWith('multipart/form-data') ? await parsed(body, type) : new Map();
  const image = form.get('image');
  const picture = image && image.arrayBuffer ? Buffer.from(await image.arrayBuffer()) : body;
  if (picture.length === 0) throw new Problem(422, 'invalid_argument', 'image: a picture is missing');
  return { picture, to: form.get('to') || url.searchParams.get('to') || 'en' };
}

async function read(request) {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > MOST_BYTES) {
      throw new Problem(413, 'body_too_large', `a picture may have ${MOST_BYTES} bytes`);
    }
    parts.push(part);
  }
  return Buffer.concat(parts);
}

async function parsed(body, type) {
  try {
    return await new Response(body, { headers: { 'content-type': type } }).formData();
  } catch (error) {
    throw new Problem(400, 'malformed_multipart', `the form cannot be read: ${error.message}`);
  }
}

async function translate(request, picture, to) {
  const form = new FormData();
  form.set('image', new Blob([picture]));
  form.set('to', to);
  const headers = {};
  for (const name of PASSED_ON) {
    if (request.headers[name]) headers[name] = request.headers[name];
  }
  const came = await fetch(`${GATEWAY}/translator/predict`, {
    method: 'POST',
    body: form,
    headers,
    signal: AbortSignal.timeout(SECONDS * 1000),
  }).catch((error) => {
    const why = (error.cause && error.cause.message) || error.message;
    throw new Problem(503, 'translator_unreachable', `the service translator: ${why}`);
  });
  const body = await came.json();
  if (came.ok) return body;
  const problem = new Problem(came.status, body.code, `the service translator: ${body.detail}`);
  Object.assign(problem.body, { errors: body.errors, request_id: body.request_id });
  throw problem;
}

function send(response, status, type, body) {
  response.writeHead(status, { 'content-type': type }).end(body);
}

const server = http.createServer((request, response) => {
  answer(request, response).catch((error) => {
    const known = error instanceof Problem;
    if (!known) console.error(error);
    const problem = known ? error : new Problem(500, 'internal_error', 'the log says why');
    if (response.headersSent) return response.destroy();
    send(response, problem.status, 'application/problem+json', JSON.stringify(problem.body));
  });
});

server.listen(PORT, '127.0.0.1', () => console.log(`listens on ${PORT}`));
process.on('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
