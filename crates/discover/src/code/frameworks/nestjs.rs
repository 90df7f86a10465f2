//! NestJS.

use super::{BLANK, Called, Declared, Framework, Meaning, Style, scalar, verb};
use crate::code::facts::{Below, In, Taken};
use crate::code::syntax::{Class, Function, Kind, Node, Parameter};

pub(super) const FRAMEWORK: Framework = Framework {
    id: "nestjs",
    product: "NestJS",
    source: "https://docs.nestjs.com/controllers",
    languages: &["TypeScript", "TSX", "JavaScript"],
    marks: &["@nestjs/common"],
    style: Style::Colon,
    call,
    class,
    method,
    version,
    parameter,
    open: |name| matches!(name, "Public" | "SkipAuth" | "AllowAnonymous" | "NoAuth"),
    doc: DOC,
    ..BLANK
};

fn call<'c>(called: &Called<'c>) -> Option<Meaning<'c>> {
    let first = called.call.value(0);
    match called.name {
        "setGlobalPrefix" => {
            let except = called.call.value(1).and_then(|options| options.member("exclude"));
            Some(Meaning::Everywhere { path: vec![first?], except, below: Below::Own })
        }
        "register" if called.origin.ends_with("RouterModule.register") => {
            Some(Meaning::Modules { tree: first? })
        }
        "Module" => {
            let controllers =
                first?.member("controllers").map(Node::values).unwrap_or_default().iter().collect();
            Some(Meaning::Module { controllers, inside: first?.member("imports") })
        }
        "enableVersioning" => {
            let kind = first.and_then(|options| options.member("type")).map_or("URI", Node::last_name);
            let default = first.and_then(|options| options.member("defaultVersion"));
            (kind == "URI").then_some(Meaning::Versions { default })
        }
        _ => None,
    }
}

fn class<'c>(class: &'c Class, _: &str) -> Vec<Option<&'c Node>> {
    let Some(mark) = class.marks.iter().filter_map(Node::call).find(|mark| mark.name() == "Controller")
    else {
        return Vec::new();
    };
    let path = mark.value(0).map(|node| node.member("path").unwrap_or(node));
    match path {
        Some(node) if matches!(node.kind, Kind::Map(_)) => vec![None],
        Some(node) => node.values().iter().map(Some).collect(),
        None => vec![None],
    }
}

/// `@Version('2')`, `@Controller({ path: 'orders', version: ['1', '2'] })`, `VERSION_NEUTRAL`.
fn version(mark: &Node) -> Vec<String> {
    let Some(call) = mark.call() else { return Vec::new() };
    let said = match call.name() {
        "Version" => call.value(0),
        "Controller" => call.value(0).and_then(|options| options.member("version")),
        _ => None,
    };
    let version = |node: &Node| match node.last_name() {
        "VERSION_NEUTRAL" => Some(String::new()),
        _ => node.text().map(str::to_owned),
    };
    said.map(Node::values).unwrap_or_default().iter().filter_map(version).collect()
}

fn method<'c>(function: &'c Function, _: Option<&str>) -> Vec<Declared<'c>> {
    let mut declared = Vec::new();
    for mark in function.marks.iter().filter_map(Node::call) {
        let is_mark = mark.name().starts_with(char::is_uppercase);
        let methods = if mark.name() == "Sse" { Some(vec!["GET".to_owned()]) } else { verb(mark.name()) };
        let Some(methods) = methods.filter(|_| is_mark) else { continue };
        match mark.value(0).map(Node::values) {
            Some(paths) => {
                declared.extend(paths.iter().map(|path| Declared {
                    methods: methods.clone(),
                    path: Some(path),
                    line: mark.callee.line,
                }));
            }
            None => declared.push(Declared { methods, path: None, line: mark.callee.line }),
        }
    }
    declared
}

/// `@Query('page') page: number`, `@Body() order: CreateOrder`, `@Headers('x-tenant')`.
fn parameter(parameter: &Parameter) -> Option<Taken> {
    let mark = parameter
        .marks
        .iter()
        .filter_map(Node::call)
        .find(|mark| matches!(mark.name(), "Query" | "Body" | "Headers" | "Param" | "Cookies"))?;
    let name = mark.value(0).and_then(Node::text);
    if name.is_none() && mark.name() == "Query" && scalar(&parameter.kind).is_none() {
        return Some(Taken::QueryOf(parameter.kind.to_string()));
    }
    let kind = scalar(&parameter.kind).unwrap_or_default().to_owned();
    let place = match mark.name() {
        "Body" if parameter.kind.starts_with('{') => {
            let fields = parameter.kind.trim_matches(['{', '}']).split([';', ',']);
            let names = fields
                .filter_map(|field| field.split_once(':'))
                .map(|(name, _)| name.trim_end_matches('?').to_owned());
            return Some(Taken::Fields(names.collect()));
        }
        "Body" => {
            return Some(name.map_or_else(
                || Taken::Body(parameter.kind.to_string()),
                |name| Taken::Field(name.to_owned()),
            ));
        }
        "Query" => In::Query,
        "Headers" => In::Header,
        "Cookies" => In::Cookie,
        _ => In::Path,
    };
    Some(Taken::Parameter(place, name?.to_owned(), kind))
}

const DOC: &str = r#"
Controllers, also those with several paths, their methods with parameters, bodies and guards, and the global prefix, where it is a text.
So are versions that stand in paths, and paths of modules that `RouterModule` gives them. Guards of the whole application, and
versions in header fields, are not understood. What TypeScript compiled controllers to is as good as they are.

~~~file src/main.ts
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module';

async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  app.setGlobalPrefix('api');
  await app.listen(3000);
}
bootstrap();
~~~
~~~file src/orders/orders.controller.ts
import { Body, Controller, Delete, Get, Param, Post, Query, UseGuards } from '@nestjs/common';
import { CreateOrderDto } from './dto';
import { JwtAuthGuard } from '../auth';

@Controller('orders')
@UseGuards(JwtAuthGuard)
export class OrdersController {
  constructor(private readonly orders: OrdersService) {}

  @Public()
  @Get()
  list(@Query('page') page: number) {
    return this.orders.get('/nothing');
  }

  @Post()
  create(@Body() order: CreateOrderDto) {}

  @Delete(':id/items/:item')
  @Roles('admin')
  remove(@Param('id') id: number) {}

  helper() {}
}
~~~
~~~file src/orders/dto.ts
export class CreateOrderDto {
  @IsString()
  readonly sku: string;
  quantity?: number;
}
~~~
~~~routes
GET /api/orders query=page
POST /api/orders guards=JwtAuthGuard body=quantity,sku
DELETE /api/orders/{id}/items/{item} guards=JwtAuthGuard,Roles(admin)
~~~
"#;
