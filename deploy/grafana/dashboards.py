#!/usr/bin/env python3
"""Writes the dashboards of deploy/grafana/dashboards, or with --check says which differ from what it would write.

Grafana's JSON is mostly layout: what a dashboard shows stands here, a panel a line.
"""
import json
import pathlib
import sys

FOLDER = pathlib.Path(__file__).parent / "dashboards"
SELECT = 'job=~"$job", instance=~"$instance"'


def rate(meter, by, more="", window="$__rate_interval"):
    labels = SELECT + (", " + more if more else "")
    return f"sum by ({by}) (rate({meter}{{{labels}}}[{window}]))"


def quantile(q, meter, by):
    return f"histogram_quantile({q}, {rate(meter + '_bucket', by + ', le' if by else 'le')})"


def gauge(meter, by="instance", more=""):
    labels = SELECT + (", " + more if more else "")
    return f"sum by ({by}) ({meter}{{{labels}}})"


# Title, unit, legend, query; a number after them is the threshold of the alert that watches the same.
DASHBOARDS = {
    "overview": ("Virtrig: overview", [
        ("Rate and errors", [
            ("Operations a second", "ops", "{{instance}}", rate("virtrig_operations_total", "instance")),
            ("Refused, by outcome", "ops", "{{outcome}}", rate("virtrig_operations_total", "outcome", 'outcome!="OK"')),
            ("Refused, share", "percentunit", "{{instance}}",
             rate("virtrig_operations_total", "instance", 'outcome!="OK"') + " / "
             + rate("virtrig_operations_total", "instance")),
        ]),
        ("Duration", [
            ("Operation, 99th percentile", "s", "{{instance}}",
             quantile(0.99, "virtrig_operation_duration_seconds", "instance"), 0.01),
            ("Operation, median", "s", "{{instance}}",
             quantile(0.5, "virtrig_operation_duration_seconds", "instance")),
        ]),
        ("Saturation", [
            ("Hosts", "short", "{{instance}}", gauge("virtrig_hosts")),
            ("Hosts with leases", "short", "{{instance}}", gauge("virtrig_leases")),
            ("Heap in use", "percentunit", "{{instance}}",
             gauge("jvm_memory_used_bytes", more='area="heap"') + " / "
             + f'sum by (instance) (jvm_memory_max_bytes{{{SELECT}, area="heap"}} > 0)', 0.85),
            ("CPU, share of the machine", "percentunit", "{{instance}}", gauge("process_cpu_usage")),
            ("Up for", "s", "{{instance}}", gauge("process_uptime_seconds")),
            ("Version", "short", "{{version}}", gauge("virtrig_build_info", "version")),
        ]),
    ]),
    "operations": ("Virtrig: operations on hosts", [
        ("Rate", [
            ("By operation", "ops", "{{op}}", "topk(15, " + rate("virtrig_operations_total", "op") + ")"),
            ("By area", "ops", "{{area}}", rate("virtrig_operation_duration_seconds_count", "area")),
        ]),
        ("Errors", [
            ("Errnos, by operation", "ops", "{{op}} {{outcome}}",
             "topk(15, " + rate("virtrig_operations_total", "op, outcome", 'outcome=~"E.*"') + ")"),
            ("Not simulated", "ops", "{{op}}",
             rate("virtrig_operations_total", "op", 'outcome="CODE_UNIMPLEMENTED"') + " > 0 or "
             + "label_replace(vector(0), \"op\", \"none\", \"\", \"\")"),
        ]),
        ("Duration", [
            ("99th percentile, by area", "s", "{{area}}",
             quantile(0.99, "virtrig_operation_duration_seconds", "area"), 0.01),
            ("Median, by area", "s", "{{area}}", quantile(0.5, "virtrig_operation_duration_seconds", "area")),
        ]),
        ("Batches", [
            ("Entries in a batch, mean", "short", "{{instance}}",
             rate("virtrig_ring_batch_entries_sum", "instance") + " / "
             + rate("virtrig_ring_batch_entries_count", "instance")),
            ("Rings open", "short", "{{instance}}", gauge("virtrig_rings")),
        ]),
    ]),
    "interrupts": ("Virtrig: interrupts and posting", [
        ("Delivery", [
            ("Interrupts, by path", "ops", "{{variety}}",
             rate("virtrig_events_total", "variety", 'kind="interrupt"')),
            ("Posted, share", "percentunit", "posted",
             f'sum(rate(virtrig_events_total{{{SELECT}, kind="interrupt", variety="posted"}}[$__rate_interval]))'
             + f' / sum(rate(virtrig_events_total{{{SELECT}, kind="interrupt"}}[$__rate_interval]))'),
        ]),
        ("What guests cost", [
            ("VM exits, by reason", "ops", "{{variety}}", rate("virtrig_events_total", "variety", 'kind="vm_exit"')),
            ("Devices opened, closed, in need of a reset", "ops", "{{variety}}",
             rate("virtrig_events_total", "variety", 'kind="device"')),
        ]),
    ]),
    "iommu": ("Virtrig: IOMMU and faults", [
        ("Faults", [
            ("DMA faults", "ops", "{{instance}}", rate("virtrig_events_total", "instance", 'kind="dma_fault"')),
            ("Sanitizer reports", "ops", "{{variety}}",
             rate("virtrig_events_total", "variety", 'kind="sanitizer"')),
        ]),
        ("Mappings", [
            ("DMA mapped and unmapped", "ops", "{{op}}",
             rate("virtrig_operations_total", "op", 'op=~"VFIO_IOMMU_(UN)?MAP_DMA"')),
            ("Mappings refused", "ops", "{{outcome}}",
             rate("virtrig_operations_total", "outcome", 'op="VFIO_IOMMU_MAP_DMA", outcome!="OK"')),
        ]),
        ("Accesses by devices", [
            ("DMA", "ops", "{{op}}", rate("virtrig_operations_total", "op", 'op=~"hw[.]dma_.*"')),
            ("Caches", "ops", "{{cache}} {{outcome}}", rate("virtrig_iommu_cache_total", "cache, outcome")),
        ]),
    ]),
    "tenants": ("Virtrig: tenants", [
        ("Quotas", [
            ("Used, share of the quota", "percentunit", "{{tenant}} {{quota}}",
             f"topk(20, max by (tenant, quota) (virtrig_tenant_quota_used_ratio{{{SELECT}}} >= 0))", 1),
            ("Refused, by quota", "ops", "{{tenant}} {{quota}}",
             "topk(20, " + rate("virtrig_tenant_refused_total", "tenant, quota") + ")"),
        ]),
        ("Calls", [
            ("Calls a second", "ops", "{{tenant}}", "topk(20, " + rate("virtrig_tenant_calls_total", "tenant") + ")"),
            ("Streams open", "short", "{{tenant}}", "topk(20, " + gauge("virtrig_tenant_streams", "tenant") + ")"),
            ("Calls that showed nothing that is known", "ops", "{{instance}}",
             rate("virtrig_authentication_failures_total", "instance")),
        ]),
        ("What they have", [
            ("Hosts of tenants", "short", "{{tenant}}", "topk(20, " + gauge("virtrig_tenant_hosts", "tenant") + ")"),
            ("Devices", "short", "{{tenant}}", "topk(20, " + gauge("virtrig_tenant_devices", "tenant") + ")"),
            ("Guest memory written", "bytes", "{{tenant}}",
             "topk(20, " + gauge("virtrig_tenant_guest_bytes", "tenant") + ")"),
        ]),
    ]),
    "daemon": ("Virtrig: the daemon", [
        ("Memory", [
            ("Heap, by pool", "bytes", "{{id}}", gauge("jvm_memory_used_bytes", "id", 'area="heap"')),
            ("Outside the heap", "bytes", "{{id}}", gauge("jvm_memory_used_bytes", "id", 'area="nonheap"')),
            ("Heap in use after a collection", "bytes", "{{instance}}", gauge("virtrig_memory_live_bytes")),
            ("Growth refused for want of memory", "short", "{{instance}}", gauge("virtrig_memory_shedding"), 1),
            ("Allocated a second", "Bps", "{{instance}}", rate("jvm_gc_memory_allocated_bytes_total", "instance")),
        ]),
        ("Garbage", [
            ("Time in pauses, share", "percentunit", "{{instance}}",
             rate("jvm_gc_pause_seconds_sum", "instance"), 0.1),
            ("Pauses a second", "ops", "{{cause}}", rate("jvm_gc_pause_seconds_count", "cause")),
        ]),
        ("Threads and CPU", [
            ("Threads", "short", "{{state}}", gauge("jvm_threads_states_threads", "state")),
            ("CPU of the process and of the machine", "percentunit", "process", gauge("process_cpu_usage")),
            ("Load of the machine", "short", "{{instance}}", gauge("system_load_average_1m")),
        ]),
        ("Streams", [
            ("Rings open", "short", "{{instance}}", gauge("virtrig_rings")),
            ("Watches open", "short", "{{instance}}", gauge("virtrig_watches")),
            ("Events to watchers", "ops", "{{outcome}}", rate("virtrig_watch_events_total", "outcome")),
        ]),
        ("Limits", [
            ("Connections", "short", "{{instance}}", gauge("virtrig_connections")),
            ("Refused for a limit", "ops", "{{limit}}", rate("virtrig_limit_refusals_total", "limit")),
            ("Answers that are not read", "bytes", "{{instance}}", gauge("virtrig_answers_unread_bytes")),
        ]),
        ("Code", [
            ("Classes loaded", "short", "{{instance}}", gauge("jvm_classes_loaded_classes")),
        ]),
    ]),
}


def variable(name, label):
    query = f"label_values(virtrig_build_info{{{'job=~' + chr(34) + '$job' + chr(34) if name == 'instance' else ''}}}, {name})"
    return {"name": name, "label": label, "type": "query", "datasource": {"type": "prometheus", "uid": "${datasource}"},
            "query": {"query": query, "refId": name}, "refresh": 2, "includeAll": True, "multi": True,
            "current": {"text": "All", "value": "$__all"}}


def thresholds(limit):
    steps = [{"color": "green", "value": None}]
    if limit is not None:
        steps.append({"color": "red", "value": limit})
    return {"mode": "absolute", "steps": steps}


def panel(number, x, y, width, title, unit, legend, query, limit=None):
    style = {"drawStyle": "line", "fillOpacity": 10, "showPoints": "never"}
    if limit is not None:
        style["thresholdsStyle"] = {"mode": "line"}
    return {"id": number, "type": "timeseries", "title": title, "gridPos": {"x": x, "y": y, "w": width, "h": 8},
            "datasource": {"type": "prometheus", "uid": "${datasource}"},
            "fieldConfig": {"defaults": {"unit": unit, "min": 0, "thresholds": thresholds(limit), "custom": style},
                            "overrides": []},
            "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
            "targets": [{"refId": "A", "expr": query, "legendFormat": legend}]}


def dashboard(uid, title, rows):
    panels, y, number = [], 0, 1
    for row, members in rows:
        panels.append({"id": number, "type": "row", "title": row, "collapsed": False, "panels": [],
                       "gridPos": {"x": 0, "y": y, "w": 24, "h": 1}})
        number, y, x = number + 1, y + 1, 0
        width = 24 // min(len(members), 3)
        for member in members:
            if x + width > 24:
                x, y = 0, y + 8
            panels.append(panel(number, x, y, width, *member))
            number, x = number + 1, x + width
        y += 8
    return {"uid": "virtrig-" + uid, "title": title, "tags": ["virtrig"], "timezone": "browser", "schemaVersion": 39,
            "version": 1, "editable": False, "refresh": "15s", "time": {"from": "now-1h", "to": "now"},
            "links": [{"type": "dashboards", "tags": ["virtrig"], "asDropdown": True, "title": "Virtrig",
                       "includeVars": True, "keepTime": True}],
            "templating": {"list": [
                {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus",
                 "current": {}},
                variable("job", "Job"), variable("instance", "Instance")]},
            "annotations": {"list": []}, "panels": panels}


def main():
    stale = []
    for uid, (title, rows) in DASHBOARDS.items():
        file = FOLDER / f"{uid}.json"
        text = json.dumps(dashboard(uid, title, rows), indent=2) + "\n"
        if "--check" in sys.argv:
            if not file.exists() or file.read_text() != text:
                stale.append(file.name)
        else:
            file.write_text(text)
    if stale:
        sys.exit("written by hand, or not written anew: " + ", ".join(stale))


main()
