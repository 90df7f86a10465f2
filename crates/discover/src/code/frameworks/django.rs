//! Django and Django REST framework.

use super::{BLANK, Called, Framework, Meaning, Style, parameter, verbs_of};
use crate::code::facts::{Action, In, Taken};
use crate::code::requests;
use crate::code::syntax::{Function, Kind, Node};

pub(super) const FRAMEWORK: Framework = Framework {
    id: "django",
    product: "Django, Django REST framework",
    source: "https://docs.djangoproject.com/en/stable/topics/http/urls/",
    languages: &["Python"],
    marks: &["from django", "import django", "from rest_framework"],
    style: Style::Angles,
    call,
    list,
    methods,
    action,
    takes,
    whole: requests::python_whole,
    same: &["urls"],
    open: |name| name == "AllowAny",
    texts_are: ".urlpatterns",
    keeps_slash: true,
    doc: DOC,
    ..BLANK
};

fn list(name: &str, value: &Node) -> Option<bool> {
    let is_path =
        |node: &Node| node.call().is_some_and(|call| matches!(call.name(), "path" | "re_path" | "url"));
    let is_list = matches!(&value.kind, Kind::List(parts) if parts.iter().any(is_path));
    (name == "urlpatterns").then_some(true).or(is_list.then_some(false))
}

fn call<'c>(called: &Called<'c>) -> Option<Meaning<'c>> {
    let call = called.call;
    let is_false = |node: &Node| node.last_name() == "False";
    let is_slashless = call.named("trailing_slash").is_some_and(is_false);
    match called.name {
        "DefaultRouter"
        | "SimpleRouter"
        | "ExtendedDefaultRouter"
        | "ExtendedSimpleRouter"
        | "BulkRouter" => {
            return Some(Meaning::SetRouter { below: None, is_slashless });
        }
        "NestedSimpleRouter" | "NestedDefaultRouter" => {
            let lookup = call.named("lookup").or(call.unnamed(2))?;
            let below = Some((call.unnamed(0)?, call.unnamed(1)?, lookup));
            return Some(Meaning::SetRouter { below, is_slashless });
        }
        _ => {}
    }
    let path = call.named("route").or(call.unnamed(0));
    match called.name {
        "path" | "re_path" | "url" if called.origin.starts_with("django.") => {
            let view = call.named("view").or(call.unnamed(1))?;
            let Some(inner) = view.call() else {
                if view.last_name() == "urls" {
                    // What `admin.site.urls` holds is not in the program.
                    return Some(Meaning::Mount { path, children: vec![view], guards: Vec::new() });
                }
                return Some(Meaning::View { paths: vec![path?], view, methods: None, guards: Vec::new() });
            };
            match inner.name() {
                "include" => {
                    let child = inner.value(0)?.values().first()?;
                    Some(Meaning::Mount { path, children: vec![child], guards: Vec::new() })
                }
                "as_view" => {
                    let methods = inner.value(0).filter(|map| matches!(map.kind, Kind::Map(_)));
                    let methods = methods.map(|map| match &map.kind {
                        Kind::Map(members) => {
                            members.iter().map(|(name, _)| name.to_ascii_uppercase()).collect()
                        }
                        _ => Vec::new(),
                    });
                    Some(Meaning::View {
                        paths: vec![path?],
                        view: inner.receiver()?,
                        methods,
                        guards: Vec::new(),
                    })
                }
                // A decorator around the view.
                _ => {
                    let inside = inner.value(0)?;
                    let inside = inside.call().and_then(|call| call.receiver()).unwrap_or(inside);
                    let guards = vec![&inner.callee];
                    Some(Meaning::View { paths: vec![path?], view: inside, methods: None, guards })
                }
            }
        }
        "register" => {
            Some(Meaning::ViewSet { path: path?, view: call.named("viewset").or(call.unnamed(1))? })
        }
        _ => None,
    }
}

/// `@action(detail=True, url_path="cancel")`.
fn action(function: &Function) -> Option<Action> {
    let call = function.marks.iter().filter_map(Node::call).find(|call| call.name() == "action")?;
    let is_of_one = call
        .named("detail")
        .is_some_and(|detail| !matches!(&detail.kind, Kind::Name(name) if &**name == "False"));
    let path = call.named("url_path").and_then(Node::text).unwrap_or(&function.name);
    Some(Action { is_of_one, path: path.to_owned() })
}

/// `@api_view(["GET"])`, `@require_http_methods(["GET"])`, `@require_POST`.
fn methods(mark: &Node) -> Vec<String> {
    match (mark.last_name(), mark.call()) {
        ("api_view" | "require_http_methods", Some(call)) => call.value(0).map(verbs_of).unwrap_or_default(),
        ("action", Some(call)) => {
            call.named("methods").map(verbs_of).unwrap_or_else(|| vec!["GET".to_owned()])
        }
        ("require_GET" | "require_safe", _) => vec!["GET".to_owned()],
        ("require_POST", _) => vec!["POST".to_owned()],
        _ => Vec::new(),
    }
}

/// `request.GET.get("page")`, `request.data["name"]`, `request.headers["X-Tenant"]`.
fn takes(node: &Node) -> Option<Taken> {
    let Kind::Call(call) = &node.kind else { return None };
    if !matches!(call.name(), "get" | "[]") {
        return None;
    }
    let name = call.value(0)?.text()?;
    let of = call.receiver()?.dotted()?;
    let of = of.strip_prefix("self.").unwrap_or(&of);
    match of.strip_prefix("request.")? {
        "GET" | "query_params" => parameter(In::Query, name),
        "headers" => parameter(In::Header, name),
        "COOKIES" => parameter(In::Cookie, name),
        "POST" | "data" => Some(Taken::Field(name.to_owned())),
        _ => None,
    }
}

const DOC: &str = r#"
`urlpatterns` with `path`, `re_path` and `include`, views that are functions or classes, generic views and view sets of REST
framework behind its routers with their actions, `permission_classes`, mixins and decorators that are named like guards. The methods
of a function are those that its decorators name; without them it is for any. Bodies are
what serializers say, and nested routers stand below one of what is above. Routes that `ROOT_URLCONF` does not lead to are told
apart. Defaults of permissions in the settings are not read.

~~~file shop/urls.py
from django.urls import include, path, re_path
from django.contrib import admin
from shop import views

urlpatterns = [
    path("api/", include("orders.urls")),
    path("health/", views.health),
    re_path(r"^archive/(?P<year>[0-9]{4})/$", views.Archive.as_view()),
]
~~~
~~~file shop/views.py
from django.contrib.auth.mixins import LoginRequiredMixin
from django.views import View
from django.views.decorators.http import require_GET

@require_GET
def health(request):
    return None

class Archive(LoginRequiredMixin, View):
    def get(self, request, year):
        return request.GET.get("page")

    def helper(self):
        return cache.get("path")
~~~
~~~file orders/urls.py
from django.urls import include, path
from rest_framework.routers import DefaultRouter
from .views import OrderViewSet, CustomerList

router = DefaultRouter()
router.register(r"orders", OrderViewSet)
urlpatterns = [
    path("", include(router.urls)),
    path("customers/<uuid:pk>/", CustomerList.as_view()),
]
~~~
~~~file orders/views.py
from rest_framework import generics, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated

class OrderViewSet(viewsets.ReadOnlyModelViewSet):
    permission_classes = [IsAuthenticated]

    @action(detail=True, methods=["post"], url_path="cancel-now")
    def cancel(self, request, pk=None):
        return request.data["reason"]

class CustomerList(generics.RetrieveUpdateAPIView):
    queryset = None
~~~
~~~routes
GET /api/customers/{pk}/
PATCH /api/customers/{pk}/
PUT /api/customers/{pk}/
GET /api/orders/ guards=IsAuthenticated
GET /api/orders/{pk}/ guards=IsAuthenticated
POST /api/orders/{pk}/cancel-now/ guards=IsAuthenticated body=reason
GET /archive/{year}/ guards=LoginRequiredMixin query=page
GET /health/
~~~
"#;
